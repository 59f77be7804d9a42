"""Networks that paint: in the styles they know, or in that of any painting."""
