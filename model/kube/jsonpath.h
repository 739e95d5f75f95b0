// model/kube/jsonpath.h: what `kubectl get` prints: -o jsonpath=TEMPLATE, -o name, -o json.
//
// Shape:   a template is literal text with {expressions}; an expression is a chain of .field,
//          ..(descend), [index], [from:to:step], [*], ['field'], [?(filter)] or a quoted text. A
//          dot in a field name is written `\.`. The results of one expression are joined by a
//          blank; a missing field prints nothing; maps and lists print as compact JSON.
// Errors:  kInvalidArgument: the template does not parse. kFailed: it can't be evaluated (an index
//          out of bounds, a filter on something that is no list); kubectl exits 1 for both.
// Not modelled: {range}/{end}, unions, regular expressions in filters, and the columns of the human
//          table other than NAME: no procedure here uses them, and a template with them is refused.
//          kubectl walks maps in random order; here it is the order of keys, one of those it can
//          take, and no template in use lets the order be seen.
// Source:  Law::kKubectlJsonPath, Law::kKubectlJson, Law::kKubectlName.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "model/core/json.h"
#include "model/core/result.h"

namespace rehearse::kube {

// `template_text` is what follows "jsonpath=".
Result<std::string> EvalJsonPath(std::string_view template_text, const Json& document);

// "service/my-release-etcd", "deployment.apps/my-release-milvus-standalone".
std::string ResourceName(const Json& document);

// The standard output of `kubectl get`. `output` is name, json, jsonpath=... or "" (the table).
// `is_list`: no single name was asked for, so that json and jsonpath see a List.
Result<std::string> TextOutput(std::string_view output,
                               const std::vector<Json>& documents,
                               bool is_list);

}  // namespace rehearse::kube
