"""Losses: pure functions of logits or features."""
