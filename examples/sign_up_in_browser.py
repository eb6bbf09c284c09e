"""Does what a person does with an invite: opens the link in a browser, chooses a password, presses the button.

    python sign_up_in_browser.py LINK PASSWORD_FILE

Prints the title of the page that comes of it.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By
from selenium.webdriver.support.expected_conditions import title_contains
from selenium.webdriver.support.wait import WebDriverWait

link, password_file = sys.argv[1:]
password = Path(password_file).read_text(encoding="utf-8").strip()
chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
if chromium is None or driver is None:
    sys.exit("needs the system program chromium, and its chromedriver")

home = tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True)
options = ChromeOptions()
options.binary_location = chromium
for flag in ("--headless", "--no-sandbox", "--disable-gpu", "--no-proxy-server", "--disable-background-networking"):
    options.add_argument(flag)
browser = Chrome(options, ChromeService(driver, env={**os.environ, "HOME": home.name, "TMPDIR": home.name}))
try:
    browser.get(link)
    for field in ("password", "again"):
        browser.find_element(By.ID, field).send_keys(password)
    browser.find_element(By.CSS_SELECTOR, "button.primary").click()
    WebDriverWait(browser, 60).until(title_contains("Your account is made"))
    print(browser.title)
finally:
    browser.quit()
    home.cleanup()
