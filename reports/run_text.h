// reports/run_text.h: a run as text for a terminal.
//
// Shape:  the verdict with its laws, then the cluster before and after, differences, violations.
//         The plan and the steps come before it (PlanText, StepsText), as they happen.
#pragma once

#include <functional>
#include <string>

#include "model/result/run.h"

namespace rehearse::reports {

// Colours a word, or gives it back as it is.
enum class Tone { kGood, kBad, kWarning, kStrong, kFaint };
using Painter = std::function<std::string(Tone, std::string_view)>;
std::string Plain(Tone tone, std::string_view text);

// "  12:03.450  1  stop: done"; minutes count on past the hour.
std::string StepsText(const result::RunResult& run, const Painter& paint);
std::string VerdictText(const result::RunResult& run, const Painter& paint);

// 93.5 s, 12 min 3 s
std::string DurationText(Millis ms);

}  // namespace rehearse::reports
