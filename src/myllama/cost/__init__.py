"""What a token costs: cycles by formula and by simulation, memories, use of the multipliers."""
