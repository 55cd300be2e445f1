"""What both scripts for PyTorch begin with."""

import json
import sys

try:
    import torch
except ImportError as error:
    print(json.dumps({"error": f"{error}"}), flush=True)
    sys.exit(0)


def greet(threads):
    """Sets the threads; says which PyTorch this is, and whether its matrix product is a good one."""
    torch.set_num_threads(threads)
    torch.ones(64, 64) @ torch.ones(64, 64)
    with open("/proc/self/maps") as maps:
        blas = torch.backends.mkl.is_available() or any("openblas" in line for line in maps)
    print(json.dumps({"version": torch.__version__, "blas": blas}), flush=True)
