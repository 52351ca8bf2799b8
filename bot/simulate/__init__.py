"""Simulated customers, the real core, and a clock that runs by itself: what would a policy do to thousands?"""
