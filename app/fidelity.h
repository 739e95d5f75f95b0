// app/fidelity.h: which laws of the model were seen to hold on real parts, and by what.
//
// Shape:  a law agrees when its source names recordings of real parts (tests hold the code to
//         them), differs when one of them shows it otherwise, else it is not measured. What a
//         stand-in, kwok or the simulator does is no evidence.
// Errors: those of the bundled demo's run.
#pragma once

#include <string>
#include <vector>

#include "model/core/law.h"
#include "model/core/result.h"

namespace rehearse::app {

enum class Fidelity { kAgrees, kDiffers, kNotMeasured };
std::string_view NameOf(Fidelity verdict);

struct FidelityRow {
  LawText law;
  std::vector<std::string> recordings;  // files below fixtures/, each once
  Fidelity verdict = Fidelity::kNotMeasured;
  bool in_demo = false;  // the demo's verdict rests on it
};

Result<std::vector<FidelityRow>> FidelityRows();

// The text of reports/fidelity.md.
std::string FidelityMarkdown(const std::vector<FidelityRow>& rows);

}  // namespace rehearse::app
