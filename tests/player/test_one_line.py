"""The one line that puts a player on any page, in a real browser under a strict policy."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.player.conftest import ADDRESSED

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "embeds" / "wordpress" / "briefcast-player" / "briefcast-player.php"

#: What the plugin asks of WordPress, in as few words as possible.
WORDPRESS = """
define('ABSPATH', '/'); define('BRIEFCAST_ADDRESS', 'https://audio.example/');
function add_shortcode() {} function add_filter() {} function add_action() {}
function untrailingslashit($t) { return rtrim($t, '/'); } function esc_url_raw($t) { return $t; }
function esc_url($t) { return htmlspecialchars($t, ENT_QUOTES); }
function esc_attr($t) { return htmlspecialchars($t, ENT_QUOTES); }
function shortcode_atts($d, $a) { return array_merge($d, array_intersect_key((array) $a, $d)); }
function get_the_ID() { return 42; } function get_option($n, $d) { return $d; }
"""


def policy(stand):
    there = stand.address
    return f"default-src 'none'; script-src {there}; connect-src {there}; media-src {there}; img-src {there} data:; style-src 'self'"


def opened(stand, path, html, more=""):
    page = stand.browser.new_page()
    page.troubles = []
    page.on("console", lambda said: page.troubles.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: page.troubles.append(str(error)))
    head = '<meta charset="utf-8"><title>Paper</title><link rel="icon" href="data:,">'
    address = stand.paper.put(
        path,
        f"<!doctype html><html lang=en><head>{head}</head><body>{html}</body></html>",
        Content_Security_Policy=policy(stand) + more,
    )
    page.goto(address)
    return page


def test_the_line_puts_a_player_where_it_stands(stand):
    line = f'<script async src="{stand.address}/embed.js" data-article="desk:ferry" data-theme="paper"></script>'
    trusted = "; require-trusted-types-for 'script'; trusted-types briefcast"
    page = opened(stand, "/line", f"<p id=before>Before.</p>{line}<p id=after>After.</p>", trusted)
    page.wait_for_function("() => document.querySelector('briefcast-player')?.state === 'ready'")
    assert page.evaluate("document.querySelector('#after').previousElementSibling.localName") == "briefcast-player"
    assert page.locator("briefcast-player").get_attribute("theme") == "paper"
    assert page.locator("briefcast-player").get_by_text("This audio is created with AI assistance.").first.is_visible()
    assert not page.troubles
    page.close()


def test_the_line_finds_the_article_by_the_page_and_leaves_others_alone(stand):
    line = f'<script async src="{stand.address}/embed.js" data-into="main"></script>'
    own = '<link rel="canonical" href="' + ADDRESSED["address"] + '">'
    page = opened(stand, "/canonical", f"{own}<main><p>Text.</p></main>{line}")
    page.wait_for_function("() => document.querySelector('main > briefcast-player')?.state === 'ready'")
    assert page.locator("briefcast-player").get_attribute("article") == "desk:addressed"
    page.close()
    with_none = opened(stand, "/other", f"<main><p>Text.</p></main>{line}")
    with_none.wait_for_load_state("networkidle")
    assert with_none.locator("briefcast-player").count() == 0
    assert not with_none.troubles
    with_none.close()


@pytest.mark.parametrize(
    ("attributes", "article"),
    [
        ("array()", "wordpress:42"),
        ("array('article' => 'desk:ferry')", "desk:ferry"),
        ("array('article' => '\"><script>')", None),
    ],
)
def test_the_wordpress_plugin_writes_the_line(attributes, article):
    php = shutil.which("php")
    assert php, "php is missing: apt-get install php-cli"
    code = f"{WORDPRESS} require '{PLUGIN}'; echo briefcast_player({attributes});"
    done = subprocess.run(
        [php, "-d", "display_errors=stderr", "-r", code], capture_output=True, text=True, timeout=180, check=True
    )
    line = f'<script async src="https://audio.example/embed.js" data-article="{article}"></script>' if article else ""
    assert (done.stdout, done.stderr) == (line, "")


def test_the_wordpress_block_is_registered_with_a_script_for_the_editor(tmp_path):
    # Given what WordPress calls at `init`
    calls = """
    $init = array();
    function has_shortcode() { return false; } function has_block() { return false; }
    function plugins_url($path, $file) { return basename(dirname($file)) . '/' . $path; }
    function wp_register_script(...$given) { global $said; $said['script'] = $given; }
    function register_block_type(...$given) { global $said; $said['block'] = $given; }
    function register_setting() {}
    """
    code = WORDPRESS.replace(
        "function add_action() {}", "function add_action($at, $act) { global $acts; $acts[$at] = $act; }"
    )
    code += f"{calls} require '{PLUGIN}'; $acts['init'](); echo json_encode($said);"
    done = subprocess.run(["php", "-r", code], capture_output=True, text=True, timeout=180, check=True)
    said = json.loads(done.stdout)
    # Then the block names the script, which is there, and what the script uses comes before it
    handle, address, before = said["script"][:3]
    assert said["block"][0] == "briefcast/player"
    assert said["block"][1]["editor_script"] == handle
    script = PLUGIN.parents[1] / address
    used = set(re.findall(r"window\.wp\.(\w+)", script.read_text()))
    assert used == {re.sub("-(.)", lambda found: found[1].upper(), name.removeprefix("wp-")) for name in before}


def test_the_wordpress_block_is_one_for_the_editor_and_saves_nothing_of_its_own(stand):
    # Given the few functions of the editor that the script uses
    page = stand.browser.new_page()
    page.goto("about:blank")
    page.evaluate("""() => {
        const createElement = (type, props, ...children) => ({ type, props, children });
        window.wp = { blocks: { registerBlockType: (name, block) => { window.block = [name, block]; } },
            element: { createElement }, components: { Placeholder: 'Placeholder', TextControl: 'TextControl' },
            blockEditor: { useBlockProps: () => ({ className: 'block' }) }, i18n: { __: text => text } };
    }""")
    # When it is loaded, and an article is typed into the block / Then that is the block's
    page.add_script_tag(content=PLUGIN.with_name("block.js").read_text())
    assert page.evaluate("[block[0], block[1].category, block[1].save()]") == ["briefcast/player", "embed", None]
    shown = "block[1].edit({attributes: {article: %s}, setAttributes: set => { window.set = set; }})"
    placeholder = page.evaluate(shown % "'desk:ferry'")["children"][0]
    assert placeholder["type"] == "Placeholder"
    assert "desk:ferry" in placeholder["props"]["instructions"]
    page.evaluate(f"{shown % 'String()'}.children[0].children[0].props.onChange(' desk:market ')")
    assert page.evaluate("set") == {"article": "desk:market"}
    page.close()


def said_by_php(code):
    """What PHP writes, warnings and all."""
    done = subprocess.run(
        ["php", "-d", "display_errors=stdout", "-d", "html_errors=0", "-r", code],
        capture_output=True, text=True, timeout=180, check=True,
    )  # fmt: skip
    return done.stdout


def test_the_wordpress_plugin_takes_a_source_that_was_left_empty_for_none():
    # Given settings that were saved with the address alone, as the guide says / When WordPress gives what it has kept
    stored = WORDPRESS.replace(
        "function get_option($n, $d) { return $d; }", "function get_option($n, $d) { return ''; }"
    )
    assert 'data-article="wordpress:42"' in said_by_php(f"{stored} require '{PLUGIN}'; echo briefcast_player(array());")
    # And a source keeps the name that Briefcast knows it by
    assert said_by_php(f"{stored} require '{PLUGIN}'; echo briefcast_source(' Daily.News_2 <b>');") == "Daily.News_2b"


def test_the_wordpress_plugin_leaves_texts_alone_that_are_of_no_post():
    without = f"{WORDPRESS} function get_post() {{ return null; }} function has_shortcode() {{ return false; }}"
    without += "function has_block() { return false; } function is_singular() { return true; } function in_the_loop() { return true; }"
    assert said_by_php(f"{without} require '{PLUGIN}'; echo briefcast_before_text('Text.');") == "Text."
