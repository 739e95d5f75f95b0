#include "reports/matrix_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace rehearse::reports {
namespace {

using result::CellResult;
using result::MatrixCell;
using result::MatrixResult;

std::vector<std::string> Distinct(const MatrixResult& matrix, std::string MatrixCell::*member) {
  std::vector<std::string> names;
  for (const MatrixCell& cell : matrix.cells) {
    if (std::ranges::find(names, cell.*member) == names.end()) {
      names.push_back(cell.*member);
    }
  }
  return names;
}

std::string PairText(const MatrixCell& cell) {
  return fmt::format(
      "{} ({}) -> {} ({})", cell.from.app, cell.from.chart, cell.to.app, cell.to.chart);
}

std::string Short(const MatrixCell& cell) {
  const std::string name(NameOf(cell.result));
  return !cell.rule.empty()      ? name + " (" + cell.rule + ")"
         : cell.violated.empty() ? name
                                 : fmt::format("{} ({})", name, cell.violated.size());
}

Tone ToneOf(const MatrixCell& cell) {
  return cell.result == CellResult::kOk         ? Tone::kGood
         : cell.result == CellResult::kViolated ? Tone::kBad
                                                : Tone::kWarning;
}

// One row of a table: the cells of one pair in one topology.
struct Row {
  std::string pair;
  std::vector<const MatrixCell*> cells;
};

std::vector<Row> RowsOf(const MatrixResult& matrix, const std::string& topology) {
  std::vector<Row> rows;
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.topology != topology) {
      continue;
    }
    std::string pair = PairText(cell);
    if (rows.empty() || rows.back().pair != pair) {
      rows.push_back({std::move(pair), {}});
    }
    rows.back().cells.push_back(&cell);
  }
  return rows;
}

std::string Table(const MatrixResult& matrix, const std::string& topology, const Painter& paint) {
  constexpr std::size_t kColumn = 26;
  std::string text = fmt::format("{:<36}", topology);
  for (const std::string& procedure : Distinct(matrix, &MatrixCell::procedure)) {
    text += fmt::format("{:<{}}", procedure, kColumn);
  }
  text.erase(text.find_last_not_of(' ') + 1);
  text += "\n";
  for (const Row& row : RowsOf(matrix, topology)) {
    text += fmt::format("{:<36}", row.pair);
    for (const MatrixCell* cell : row.cells) {
      text += paint(ToneOf(*cell), fmt::format("{:<{}}", Short(*cell), kColumn));
    }
    text.erase(text.find_last_not_of(' ') + 1);
    text += "\n";
  }
  return text + "\n";
}

std::string Title(const MatrixCell& cell) {
  return fmt::format("{}, {}, {}", PairText(cell), cell.topology, cell.procedure);
}

std::string Again(const MatrixCell& cell) {
  return cell.saved.empty() ? cell.replay : "rehearse replay " + cell.saved;
}

std::string Findings(const MatrixCell& cell, const Painter& paint) {
  if (cell.result == CellResult::kOk || cell.result == CellResult::kNotRun) {
    return "";
  }
  std::string text = paint(ToneOf(cell), Short(cell)) + " " + Title(cell) + "\n";
  if (!cell.account.empty()) {
    text += "  " + cell.account + "\n";
  }
  for (const result::RunViolation& violation : cell.violated) {
    text += "  violated: " + violation.property + ": " + violation.evidence + "\n";
  }
  return text + "  to see it again: " + Again(cell) + "\n";
}

std::string CountLines(const MatrixResult& matrix) {
  std::string text;
  for (const std::string& procedure : Distinct(matrix, &MatrixCell::procedure)) {
    text += fmt::format("{}: {}\n", procedure, CountsOf(matrix, procedure));
  }
  return text;
}

std::string Lines(const std::vector<std::string>& lines, std::string_view indent) {
  std::string text;
  for (const std::string& line : lines) {
    text += std::string(indent) + line + "\n";
  }
  return text;
}

std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? "\\|" : c == '\n' ? " " : std::string(1, c);
  }
  return out;
}

std::string MarkdownTable(const MatrixResult& matrix, const std::string& topology) {
  std::string head = "| from | to |";
  std::string rule = "| --- | --- |";
  for (const std::string& procedure : Distinct(matrix, &MatrixCell::procedure)) {
    head += " " + procedure + " |";
    rule += " --- |";
  }
  std::string text = "## " + topology + "\n\n" + head + "\n" + rule + "\n";
  for (const Row& row : RowsOf(matrix, topology)) {
    const MatrixCell& first = *row.cells.front();
    text += fmt::format(
        "| {} ({}) | {} ({}) |", first.from.app, first.from.chart, first.to.app, first.to.chart);
    for (const MatrixCell* cell : row.cells) {
      text += " " + Short(*cell) + " |";
    }
    text += "\n";
  }
  return text + "\n";
}

std::string MarkdownFindings(const MatrixResult& matrix) {
  std::string text =
      "## What was found\n\n| the line that gives it again | result | what |\n| --- | --- | --- "
      "|\n";
  for (const MatrixCell& cell : matrix.cells) {
    if (cell.result == CellResult::kOk) {
      continue;
    }
    std::string what = cell.violated.empty() ? cell.account : "";
    for (const result::RunViolation& violation : cell.violated) {
      what += (what.empty() ? "" : "<br>") + violation.property;
    }
    text += fmt::format("| `{}` | {} | {} |\n", Again(cell), Short(cell), Escaped(what));
  }
  return text;
}

std::string LeftOut(const MatrixResult& matrix) {
  return fmt::format(
      "{} published charts of Milvus 2 are left out: what they render is not known.\n",
      matrix.charts_left_out);
}

}  // namespace

std::string MatrixText(const MatrixResult& matrix, const Painter& paint) {
  std::string text;
  for (const std::string& topology : Distinct(matrix, &MatrixCell::topology)) {
    text += Table(matrix, topology, paint);
  }
  for (const MatrixCell& cell : matrix.cells) {
    text += Findings(cell, paint);
  }
  text += "\n" + CountLines(matrix) + LeftOut(matrix);
  if (!matrix.stopped.empty()) {
    text += paint(Tone::kWarning, "unknown") + ": " + matrix.stopped + "\n";
  }
  return text + fmt::format("{} cells on Kubernetes {}, {:.1f} s\n",
                            matrix.cells.size(),
                            matrix.kubernetes,
                            static_cast<double>(matrix.wall_ms) / 1000);
}

std::string MatrixStories(const MatrixResult& matrix, const Painter& paint) {
  std::string text;
  for (const MatrixCell& cell : matrix.cells) {
    text += paint(Tone::kStrong, Title(cell)) + "\n" + Lines(cell.steps, "  ");
    text += cell.changes.empty() ? "" : "  changed from start to end:\n";
    text += Lines(cell.changes, "    ") + "\n";
  }
  return text;
}

std::string MatrixMarkdown(const MatrixResult& matrix, const std::string& command) {
  std::string text = fmt::format(
      "# Upgrades, pair by pair\n\nGenerated by `{}`: {} cells on Kubernetes {}. Each start is the "
      "chart as it is\ninstalled, with recorded metadata of its version; helm is `helm upgrade "
      "--reset-then-reuse-values\n--version V`, rolling is rollingUpdate.sh, metadata is "
      "migrate.sh, "
      "plan is our own. A number is that of\nviolated properties, a word in brackets the planner's "
      "rule. {}\n",
      command,
      matrix.cells.size(),
      matrix.kubernetes,
      LeftOut(matrix));
  for (const std::string& procedure : Distinct(matrix, &MatrixCell::procedure)) {
    text += fmt::format("- {}: {}\n", procedure, CountsOf(matrix, procedure));
  }
  text += matrix.stopped.empty() ? "\n" : "\nNot complete: " + matrix.stopped + ".\n\n";
  for (const std::string& topology : Distinct(matrix, &MatrixCell::topology)) {
    text += MarkdownTable(matrix, topology);
  }
  return text + MarkdownFindings(matrix);
}

}  // namespace rehearse::reports
