"""A window that shows frames and says which keys were pressed."""

from typing import Any

import numpy as np
from PIL import Image

from tfstyle.video.clip import VideoError


class Window:
    """A window, by Tk.

    Args:
        title: string.

    Attributes:
        is_open: bool, False once the user has closed it.

    Raises:
        VideoError: if there is no screen, or Python was built without Tk.
    """

    def __init__(self, title: str):
        try:
            import tkinter

            self._root = tkinter.Tk()
        except ImportError:
            raise VideoError("This Python has no Tk, which draws the window. Install python3-tk.") from None
        except tkinter.TclError as error:
            raise VideoError(f"No window can be opened ({error}). Run it on a machine with a screen.") from None
        self._root.title(title)
        self._picture = tkinter.Label(self._root, borderwidth=0)
        self._picture.pack()
        self._caption = tkinter.Label(self._root, anchor="w")
        self._caption.pack(fill="x")
        self._keys: list[str] = []
        self._shown: Any = None
        self.is_open = True
        self._root.bind("<Key>", lambda event: self._keys.append("escape" if event.keysym == "Escape" else event.char))
        self._root.protocol("WM_DELETE_WINDOW", self.close)

    def show(self, image: np.ndarray, caption: str) -> None:
        """Shows a frame, a uint8 array of shape `(height, width, 3)`, with a line below it."""
        if not self.is_open:
            return
        from PIL import ImageTk

        self._shown = ImageTk.PhotoImage(Image.fromarray(image), master=self._root)  # Tk keeps no reference to it
        self._picture.configure(image=self._shown)
        self._caption.configure(text=caption)
        self._root.update()

    def pressed(self) -> list[str]:
        """The keys that were pressed since the last call: characters, or "escape"."""
        pressed, self._keys[:] = list(self._keys), []
        return pressed

    def close(self) -> None:
        """Closes the window."""
        if self.is_open:
            self.is_open = False
            self._root.destroy()
