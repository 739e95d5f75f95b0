// reports/path_check_text.h: what a hand-written path is worth, as text for a terminal.
//
// Shape:  hop by hop with its verdict, then both costs, ours and the path's.
#pragma once

#include <string>

#include "model/result/path_check.h"
#include "reports/run_text.h"

namespace rehearse::reports {

std::string PathCheckText(const result::PathCheck& check, const Painter& paint);

}  // namespace rehearse::reports
