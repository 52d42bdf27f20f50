"""Names that strangers may choose: each would act, or break something, where it is taken for anything but text."""

PAYLOADS = [
    "<script>alert(1)</script>", "</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "</svg><script>x</script>", "</title><h1>x", "</style><style>*{display:none}</style>", "<!--", "-->", "<![CDATA[x", "]]>",
    "<?xml version='1.0'?>", "<!DOCTYPE html>", '" onmouseover="alert(1)', "' onfocus='alert(1)' autofocus='", '"><b>bold</b>',
    "<a href=javascript:alert(1)>x</a>", "javascript:alert(1)", "<iframe src=//evil.example>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0>", "<link rel=stylesheet href=//evil.example/x.css>", "<details open ontoggle=alert(1)>",
    "<math><mi//xlink:href='data:x,<script>alert(4)</script>'>", "&lt;script&gt;", "&#60;script&#62;", "&amp;amp;", "&", "<", ">",
    '"', "'", "`", "{{ 7 * 7 }}", "{% for x in y %}", "{# x #}", "${7*7}", "#{7*7}", "%s %d %n", "{0} {name}", "{}", "{:>999999}",
    "=1+1", "+1", "-1", "@SUM(A1)", "=HYPERLINK(\"http://evil.example\")", "=cmd|' /C calc'!A0", "# heading", "* list", "**bold**",
    "[link](http://evil.example)", "![image](http://evil.example/x.png)", "~~~", "```mermaid", "| a | b |", "---",
    "graph TD; A-->B; click A href \"http://evil.example\"", "flowchart LR\nA-->B", "end", "%%{init: {}}%%", "\x1b[31mred\x1b[0m",
    "\x1b]0;owned\x07", "\x9b31m", "a\rb", "a\nb", "a\tb", "a\x08b", "\x7f", "a\x0bb", "a\x0cb", "a\x01b", "abc\u202edcba",
    "\u2066abc\u2069", "\u200eabc\u200f", "\u061cabc", "عربي", "עברית abc", "\u202d\u202d\u202d", "a\u2028b", "a\u2029b",
    "a\u200bb", "\u200b\u200b\u200bx", "a\u2060b", "\ufeffx", "a\u00adb", "\u180ex", "a\u200db", "a\u200cb", "x\ufffey", "x\uffffy",
    "\ufffcx", "\ufff9x", "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324\u031ea\u0349\u034d\u0326lgo" * 3,
    "﷽" * 20, "W" * 120, "ａ" * 90, "a " * 100, "👨‍👩‍👧‍👦" * 10, "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "🇩🇪🇩🇪", "\U0010ffff", "ﬀ", "İ", "ǅ", "\u3164", "ㅤㅤ", "　x", "NULL", "None", "nan", "Infinity", "-0", "1e999", "true",
    "__proto__", "constructor", "datum.value", "datum['x']", "signal", "\\u003cscript\\u003e", "\\", "\\'",
    "'; DROP TABLE gold.trends; --", "$1", "?", "$first", ":name", "../../etc/passwd", "C:\\x", "http://evil.example",
    "//evil.example", "url(http://evil.example)", "var(--ink)", "expression(alert(1))", "style=color:red", "}</style>", "*/", "/*",
    "id=main", "#main", "aria-hidden=true", "xmlns:x=y", "&nbsp;", "&#0;", "&#x202e;",
]  # fmt: skip
