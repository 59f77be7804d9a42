"""Generators and discriminators, and which of them fit each other."""
