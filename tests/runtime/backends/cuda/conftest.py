"""A libcudart compiled for these tests."""

from __future__ import annotations

from tests.support.cudart_library import fake_cudart, fake_cudart_path

__all__ = ["fake_cudart", "fake_cudart_path"]
