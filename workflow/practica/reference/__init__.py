"""A finished study condensed into a folder that can be kept, restored, and compared with another."""
