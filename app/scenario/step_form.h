// app/scenario/step_form.h: one step of a scenario: from its mapping, and back.
//
// Errors: reported to the form's document.
#pragma once

#include "app/scenario/diagnostic.h"
#include "app/scenario/scenario.h"

namespace rehearse::app {

// The caller closes the form.
StepSpec ReadStep(Form& form);
Json ToJson(const StepSpec& step);

}  // namespace rehearse::app
