"""Condense a finished study into a folder that you can keep, restore, and compare with another."""
