"""`tfstyle zoo`: lists the shipped models."""

from tfstyle import artifacts
from tfstyle.commands.flags import add_command


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "zoo",
        run,
        "list the shipped models, with their tasks and folders",
        examples=("tfstyle zoo", "tfstyle zoo --verify"),
    )
    parser.add_argument("--verify", action="store_true", help="verify the checksums of their files")


def run(options) -> None:
    from tfstyle.saved.registry import list_families
    from tfstyle.zoo import list_models

    trainers = {family.name: family.trainer for family in list_families()}
    entries = list_models()
    if not entries:
        print("No models ship with this version.")
    for entry in entries:
        if options.verify:
            artifacts.verify(entry.name)
        trainer = trainers.get(entry.metadata["family"])
        rows = {
            "task": entry.metadata["task"],
            "size": f"{entry.num_bytes / 1e6:.1f} MB",
            "images": size_of(entry.metadata),
            "input": entry.metadata.get("input"),
            "license": entry.metadata.get("license"),
            "trained": f"tfstyle train {trainer}" if trainer else None,
            "folder": entry.folder,
            "card": entry.card if entry.card.exists() else None,
            "files": "verified" if options.verify else None,
            "styles": ", ".join(entry.metadata.get("style_names", ())),
            "classes": ", ".join(entry.metadata.get("class_names", ())),
        }
        print(entry.name)
        for key, value in rows.items():
            if value:
                print(f"  {key:<8} {value}")


def size_of(metadata) -> str:
    """The image size of a model: "any", or height and width."""
    size = metadata.get("image_size")
    return "x".join(map(str, size)) + " pixels" if isinstance(size, list) else size
