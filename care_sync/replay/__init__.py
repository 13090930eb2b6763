"""Changed rules over the stored history: what they would have cost, without touching it."""
