// app/report.h: printing shared by the commands that plan and run.
#pragma once

#include "app/terminal.h"
#include "model/result/path_check.h"
#include "model/result/plan.h"
#include "reports/run_text.h"

namespace rehearse::app {

reports::Painter PainterOf(const Terminal& terminal);
std::string PlanText(const result::Plan& plan, const Terminal& terminal);
// The first refused hop, the others behind it.
result::Refusal RefusalOf(const result::PathCheck& check);
void PrintRefusal(const result::Refusal& refusal,
                  const std::string& schema,
                  const std::string& format,
                  Terminal& terminal);

}  // namespace rehearse::app
