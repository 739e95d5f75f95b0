// upgrade/survey_parts.h: the parts of a survey (survey.h), each read from the live objects.
#pragma once

#include "upgrade/survey.h"

namespace rehearse::upgrade {

Status ReadDeployments(Survey& survey);
void ReadMessageQueue(Survey& survey);
// rootCoord.enableActiveStandby and its like: in the live configuration, else among the values.
void ReadStandby(Survey& survey);
void ReadMinio(Survey& survey);
void ReadEtcdPlace(Survey& survey);
void ReadRootPath(Survey& survey);
void ReadStorageClass(Survey& survey);
void ReadEarlierMigration(Survey& survey);

}  // namespace rehearse::upgrade
