"""The same steps fused in C++, for speed."""
