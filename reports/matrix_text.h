// reports/matrix_text.h: the matrix as text for a terminal and as Markdown.
//
// Shape:  a table for each topology, a row for each pair, a column for each procedure; below it
// what
//         refused, stopped or was violated, with the line that gives it again. Pure; times of the
//         machine only in the last line of MatrixText.
#pragma once

#include <string>

#include "model/result/matrix.h"
#include "reports/run_text.h"

namespace rehearse::reports {

std::string MatrixText(const result::MatrixResult& matrix, const Painter& paint);
// Every cell with its whole story, for --explain.
std::string MatrixStories(const result::MatrixResult& matrix, const Painter& paint);
std::string MatrixMarkdown(const result::MatrixResult& matrix, const std::string& command);

}  // namespace rehearse::reports
