"""Archives for tests."""

import io
import tarfile
from pathlib import Path


def tar_gz(path: Path, members: dict[str, bytes], *specials: tarfile.TarInfo) -> Path:
    """Write an archive of files with these contents, and of the given members."""
    with tarfile.open(path, "w:gz") as archive:
        for special in specials:
            archive.addfile(special)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path
