"""The page in a real browser: a photograph dropped and its painting taken, by keyboard alone, and on a phone.

It needs gradio, selenium, Chromium and its driver. Its first test draws the picture of the README where
TFSTYLE_SCREENSHOT names a file.
"""

import contextlib
import os
import shutil
import threading
import time

import pytest
from PIL import Image

from tfstyle.app.serve import Server
from tfstyle.app.studio import Studio
from tfstyle.images import load_image, read_tags, save_image

pytest.importorskip("gradio", reason="of the extra `app`")
webdriver = pytest.importorskip("selenium.webdriver", reason="drives the browser")
exceptions = pytest.importorskip("selenium.common.exceptions", reason="drives the browser")
CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
if not (CHROMIUM and DRIVER):
    pytest.skip("Chromium or its driver is not installed", allow_module_level=True)

pytestmark = pytest.mark.slow
TAB, ENTER = "\ue004", "\ue007"  # of WebDriver
PATIENCE = 300  # seconds; machines may be busy
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --window-size=1280,1240"
)


@pytest.fixture(scope="module")
def server():
    server = Server(Studio(), port=0)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield server
    server.stop()
    thread.join(30)


@pytest.fixture
def browser(server, tmp_path):
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in [*FLAGS.split(), f"--user-data-dir={tmp_path / 'profile'}"]:
        options.add_argument(flag)
    options.add_experimental_option("prefs", {"download.default_directory": str(tmp_path / "downloads")})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    yield browser
    browser.quit()


def wait(browser, condition):
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with contextlib.suppress(exceptions.StaleElementReferenceException):  # the page is being drawn
            found = condition()
            if found:
                return found
        time.sleep(0.3)
    raise AssertionError(browser.find_element("tag name", "body").text)


def visible(browser, selector):
    return [element for element in browser.find_elements("css selector", selector) if element.is_displayed()]


def button(browser, text):
    """The visible button with this text, once there is one."""
    return wait(browser, lambda: next((item for item in visible(browser, "button") if item.text.strip() == text), None))


def painted(browser):
    """Sources of the two pictures of the slider, once they are there."""

    def sources():
        images = visible(browser, "img[data-testid='imageslider-image'], [data-testid='imageslider-image'] img")
        found = [image.get_attribute("src") for image in images]
        return found if len(found) >= 2 else None

    return wait(browser, sources)


def downloaded(tmp_path):
    """The file that was downloaded, once it is whole."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        files = [file for file in (tmp_path / "downloads").glob("*") if not file.name.endswith(".crdownload")]
        if files:
            return files[0]
        time.sleep(0.2)
    raise AssertionError("nothing was downloaded")


def press(browser, key):
    webdriver.ActionChains(browser).send_keys(key).perform()


def tab_to(browser, script, limit=150):
    """Presses Tab until the focused element fulfills a condition in JavaScript of `e`."""
    for _ in range(limit):
        press(browser, TAB)
        if browser.execute_script(f"const e = document.activeElement; return Boolean({script});"):
            return
    raise AssertionError(f"Tab does not lead to {script}")


def test_a_photograph_is_dropped_and_its_painting_taken(server, browser, tmp_path):
    photo = tmp_path / "my photo.png"
    save_image(photo, load_image(Studio().photographs()[-1]))
    browser.get(server.url)
    button(browser, "Paint")
    browser.find_element("css selector", "input[type=file]").send_keys(str(photo))
    wait(browser, lambda: visible(browser, ".image-frame img"))
    visible(browser, ".styles button.thumbnail-item")[1].click()
    button(browser, "Paint").click()
    before, after = painted(browser)[:2]
    assert before != after
    button(browser, "Download").click()
    file = downloaded(tmp_path)
    assert load_image(file).shape == load_image(photo).shape
    assert read_tags(file)["Description"].startswith(
        "Stylized by the model style_bank; styles: van_gogh_starry_night 1"
    )
    if "TFSTYLE_SCREENSHOT" in os.environ:
        browser.execute_script("window.scrollTo(0, 0); document.activeElement.blur()")
        time.sleep(2)
        browser.save_screenshot(os.environ["TFSTYLE_SCREENSHOT"])
        with Image.open(os.environ["TFSTYLE_SCREENSHOT"]) as shown:
            small = shown.convert("RGB").resize((1000, 1000 * shown.height // shown.width), Image.Resampling.LANCZOS)
        dithered = small.quantize(256, palette=small.quantize(256), dither=Image.Dither.FLOYDSTEINBERG)
        dithered.save(os.environ["TFSTYLE_SCREENSHOT"], optimize=True)
    origin = server.url.rstrip("/")
    names = browser.execute_script("return performance.getEntriesByType('resource').map(entry => entry.name)")
    assert [name for name in names if not name.startswith((origin, "data:", f"blob:{origin}"))] == []
    assert [line["message"] for line in browser.get_log("browser") if line["level"] == "SEVERE"] == []


def test_the_keyboard_is_enough(server, browser, tmp_path):
    browser.get(server.url)
    button(browser, "Paint")
    tab_to(browser, "e.closest('.gallery-item, .gallery')")
    press(browser, ENTER)
    wait(browser, lambda: visible(browser, ".image-frame img"))
    tab_to(browser, "e.closest('.styles') && e.querySelector('img')")
    press(browser, ENTER)
    tab_to(browser, "e.tagName == 'BUTTON' && e.innerText.trim() == 'Paint'")
    press(browser, ENTER)
    painted(browser)
    browser.execute_script("document.activeElement.blur()")
    wait(browser, lambda: button(browser, "Download").is_enabled())
    tab_to(browser, "e.innerText.trim() == 'Download'")
    press(browser, ENTER)
    assert "styles: hokusai_great_wave 1" in read_tags(downloaded(tmp_path))["Description"]


def test_words_become_pictures(server, browser, tmp_path):
    browser.get(server.url)
    button(browser, "Paint")
    tab = wait(
        browser, lambda: next(iter(browser.find_elements("xpath", "//button[@role='tab'][.='Words to pictures']")))
    )
    browser.execute_script("arguments[0].click()", tab)  # on a narrow page it is in a menu
    box = wait(browser, lambda: visible(browser, "textarea"))[0]
    box.clear()
    box.send_keys("a large green bird")
    button(browser, "Draw").click()
    wait(browser, lambda: "the model does not know the word 'bird'" in browser.find_element("tag name", "body").text)
    example = next(row for row in visible(browser, ".gallery-item") if "two small red rings" in row.text)
    example.click()
    wait(browser, lambda: "rings" in box.get_attribute("value"))
    button(browser, "Draw").click()
    wait(browser, lambda: visible(browser, ".pixels img"))
    button(browser, "Download").click()
    assert read_tags(downloaded(tmp_path))["Description"] == "model: text2shapes; seed: 0"


def test_a_phone_shows_all_of_it(server, browser, tmp_path):
    size = {"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get(server.url)
    button(browser, "Paint")
    wait(browser, lambda: browser.execute_script("return document.documentElement.scrollWidth") <= 390)
    photo = tmp_path / "broken.png"
    photo.write_bytes(b"nothing")
    browser.find_element("css selector", "input[type=file]").send_keys(str(photo))
    paint = button(browser, "Paint")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", paint)
    box = paint.rect
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    time.sleep(3)
    paint.click()
    wait(browser, lambda: "not an image" in browser.find_element("tag name", "body").text)
    text = browser.find_element("tag name", "body").text
    assert "broken.png: not an image in a supported format" in text
    assert "Traceback" not in text and "/tmp" not in text
