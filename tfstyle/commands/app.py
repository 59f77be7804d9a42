"""`tfstyle app`: a page to try everything on."""

import importlib.util

from tfstyle.commands.console import UsageError, import_tensorflow
from tfstyle.commands.flags import add_command, integer_from


def add_flags(commands) -> None:
    parser = add_command(
        commands,
        "app",
        run,
        "open a page to paint, generate and compare in a browser (extra: app)",
        "tfstyle app [--model NAME_OR_FOLDER...] [--host HOST] [--port PORT]",
        ("tfstyle app", "tfstyle app --model ./my_bank ./my_inpainter --port 8080"),
    )
    add = parser.add_argument
    add(
        "--model",
        dest="models",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME_OR_FOLDER",
        help="models of your own, shown before the shipped ones",
    )
    add(
        "--host",
        default="127.0.0.1",
        help="address to listen on; 0.0.0.0 lets everybody in your network use this machine (default: 127.0.0.1, this "
        "machine alone)",
    )
    add("--port", type=port, help="default: the first free one from 7860 on")


def port(text) -> int:
    number = integer_from(1)(text)
    if number > 65535:
        raise ValueError
    return number


port.__name__ = "port"


def run(options) -> None:
    if importlib.util.find_spec("gradio") is None:
        raise UsageError('the page needs the package gradio. Run pip install "tfstyle[app]".')
    from tfstyle.app.studio import Studio

    studio = Studio(options.models)  # mistakes are found before TensorFlow is imported
    print("preparing the page ...", flush=True)
    import_tensorflow()
    from tfstyle.app.serve import Server

    server = Server(studio, options.host, options.port)
    print(f"{server.url}\nOpen this address in a browser. Ctrl-C ends it.", flush=True)
    server.run()
