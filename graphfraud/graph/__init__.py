"""Tables -> frozen arrays of positions, and the way back to ids."""
