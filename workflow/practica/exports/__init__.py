"""A finished study in forms that other programs read: checksums, an RO-Crate, TensorBoard's event files."""
