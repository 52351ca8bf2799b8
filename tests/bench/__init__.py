"""`make bench`: how fast the main job is, each figure beside what the bare driver needs for the same row writes."""
