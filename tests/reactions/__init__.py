"""How fast what must stop stops, told at the wire."""
