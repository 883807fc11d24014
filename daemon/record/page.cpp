// SPDX-License-Identifier: Apache-2.0
#include "daemon/record/page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>

#include "daemon/record/export_flow.hpp"
#include "daemon/record/markup.hpp"

namespace knead::record {

namespace {

// Colours differ in brightness too, and nothing is told by colour alone.
constexpr std::string_view kStyle = R"css(
:root{color-scheme:light dark;--paper:#fff;--ink:#1b1f23;--faint:#5c6670;--line:#d5dbe1;--force:#0b4f8a;
--band:#0b4f8a1f;--credit:#2e8b5755;--rep:#b8860b45;--hard:#c6283a66;--trip:#c6283a;--away:#8a94a055;--motor:#6b4fa0;
--left:#0b4f8a;--right:#b35900}
@media (prefers-color-scheme:dark){:root{--paper:#15191d;--ink:#e6eaee;--faint:#9aa5b1;--line:#343c44;--force:#7fb8ee;
--band:#7fb8ee26;--credit:#4fbf8355;--rep:#e0b04055;--hard:#f0606e77;--trip:#ff7a86;--away:#a0aab455;--motor:#b79cf0;
--left:#7fb8ee;--right:#f0a050}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 3rem;max-width:66rem;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;line-height:1.25;margin:0}h2{font-size:1.1rem;margin:2rem 0 .5rem}
p{margin:.25rem 0}.faint{color:var(--faint)}
.head{display:flex;flex-wrap:wrap;gap:.75rem 2rem;margin:1rem 0 0;padding:0;list-style:none}
.head b{display:block;font-size:1.6rem;line-height:1.2;font-variant-numeric:tabular-nums}
.chart{overflow-x:auto}.chart svg{display:block;width:100%;min-width:40rem;height:auto}
.chart:focus-visible{outline:2px solid var(--force)}
svg text{font:13px system-ui,sans-serif;fill:var(--faint)}
.grid{stroke:var(--line);stroke-width:1;fill:none}.curve{stroke:var(--force);stroke-width:1.3;fill:none;
stroke-linejoin:round}
.band{fill:var(--band)}.credit{fill:var(--credit)}.rep{fill:var(--rep)}.hard{fill:var(--hard)}.away{fill:var(--away)}
.trip{stroke:var(--trip);stroke-width:2;stroke-dasharray:4 3;fill:none}.mark{fill:var(--trip)}
.motor{stroke:var(--motor);stroke-width:1.3;fill:none}
svg .strong{fill:var(--ink);font-weight:600}
.left,.right{fill:none;stroke-width:7}.left{stroke:var(--left);stroke-linecap:round}
.right{stroke:var(--right);stroke-linecap:square;stroke-width:5.5}
.key{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;margin:.5rem 0 0;padding:0;list-style:none;font-size:.875rem}
.key svg{width:1.5rem;height:.875rem;vertical-align:-.125rem;margin-right:.375rem}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:.3rem .75rem .3rem 0;border-bottom:1px solid var(--line);vertical-align:top;
overflow-wrap:anywhere}
th{font-weight:600}thead th{color:var(--faint);font-weight:400;font-size:.875rem;white-space:nowrap}
td.n,th.n{text-align:right;white-space:nowrap}td.t{white-space:nowrap}
@media print{@page{size:A4;margin:15mm}:root{--paper:#fff;--ink:#000;--faint:#444;--line:#bbb;--force:#0b4f8a;
--band:#0b4f8a1f;--credit:#2e8b5755;--rep:#b8860b45;--hard:#c6283a66;--trip:#c6283a;--away:#8a94a055;--motor:#6b4fa0;
--left:#0b4f8a;--right:#b35900}
body{padding:0;max-width:none;font-size:11pt;-webkit-print-color-adjust:exact;print-color-adjust:exact}
h1{font-size:14pt}.head{gap:.4rem 1.3rem}.head b{font-size:14pt}.head li{font-size:9pt}
.chart,.table{overflow:visible}.chart svg{min-width:0}table{font-size:9pt}thead th{white-space:normal;font-size:8pt}
th,td{padding:.2rem .5rem .2rem 0}td:last-child,th:last-child{padding-right:0}h2{break-after:avoid}tr,.chart,figure{break-inside:avoid}}
figure{margin:0}
)css";

}  // namespace

std::string page_begin(const std::string& title) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"/>\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\"/>\n"
      "<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n<main>\n",
      markup_text(title), kStyle);
}

Result<> write_page(const std::string& page, std::ostream& out) {
  fmt::memory_buffer whole;
  fmt::format_to(
      std::back_inserter(whole),
      "{}"
      "<p class=\"faint\" style=\"margin-top:2rem\">Made by Knead {}. These numbers say how the ball was pressed. They "
      "are not held against anybody else's, and say nothing about health by themselves.</p>\n"
      "</main>\n</body>\n</html>\n",
      page, KNEAD_VERSION);
  return flow(whole, out);
}

std::string pain_ratings(const SessionFacts& facts) {
  if (!facts.nrs_before && !facts.nrs_after) return {};
  const auto rating = [](const std::optional<std::int64_t>& n) { return n ? fmt::format("{}", *n) : "–"; };
  return rating(facts.nrs_before) + " → " + rating(facts.nrs_after);
}

std::string measure_label(const std::string& name) {
  std::string label = name;
  std::ranges::replace(label, '_', ' ');
  return label;
}

std::string measure_value(const StoredMeasure& measure) {
  if (!measure.value) return "not shown: too little to compute it from";
  // Four figures are more than any of them is good for; a large number keeps its digits all the same.
  const bool large = std::abs(*measure.value) >= 1e4 && std::abs(*measure.value) < 1e9;
  return fmt::format("{}{}{}", large ? fmt::format("{:.0f}", *measure.value) : fmt::format("{:.4g}", *measure.value),
                     measure.unit.empty() ? "" : " ", measure.unit);
}

}  // namespace knead::record
