"""Trainings: settings, the loop, and a trainer for each family."""
