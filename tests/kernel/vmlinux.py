#!/usr/bin/env python3
"""vmlinux.py VMLINUZ: the kernel inside, uncompressed, to standard output. QEMU starts it at once (PVH), in a third of the time."""
import lzma
import subprocess
import sys


def unpacked(image):
    """The first compressed part that unpacks to an ELF file."""
    for magic, unpack in ((b"\xfd7zXZ\x00", unxz), (b"\x28\xb5\x2f\xfd", unzstd)):
        at = image.find(magic)
        while at >= 0:
            kernel = unpack(image[at:])
            if kernel.startswith(b"\x7fELF"):
                return kernel
            at = image.find(magic, at + 1)
    return None


def unxz(data):
    try:
        return lzma.LZMADecompressor().decompress(data)
    except lzma.LZMAError:
        return b""


def unzstd(data):
    # more follows than the compressed kernel, which zstd complains of after it has written all of that
    return subprocess.run(["zstd", "-dcq"], input=data, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False).stdout


def main():
    with open(sys.argv[1], "rb") as file:
        kernel = unpacked(file.read())
    if kernel is None:
        sys.exit(f"{sys.argv[1]}: holds no kernel compressed by xz or zstd")
    sys.stdout.buffer.write(kernel)


if __name__ == "__main__":
    main()
