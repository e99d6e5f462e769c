"""Archives as tests need them."""

import io
import tarfile
from pathlib import Path


def tar_gz(path: Path, members: dict[str, bytes], *specials: tarfile.TarInfo) -> Path:
    """Write an archive of files of these contents, and of members as they are given."""
    with tarfile.open(path, "w:gz") as archive:
        for special in specials:
            archive.addfile(special)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path
