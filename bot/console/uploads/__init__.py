"""Portfolios: files that people upload, from the columns to the rows that were refused."""
