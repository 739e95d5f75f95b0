// model/charts/expand.h: a summarised object of the catalog as the manifest that it stands for.
//
// Shape:      probes, ports, mounts and volumes are short texts in the catalog ("httpGet /healthz
//             initial=90 period=30 timeout=5 fail=5", "export:/export", "tools=emptyDir").
// Not modelled: what the catalog leaves out (env, security contexts, rules of roles, most
// commands).
//             On an upgrade it is taken over from the manifest in force (Law::kUnseenFieldsStay);
//             on a first install it is absent.
// Source:     CHARTS-10, CHARTS-11.
#pragma once

#include <string>
#include <string_view>

#include "model/charts/catalog.h"

namespace rehearse::charts {

// What the placeholders of the catalog stand for.
struct Names {
  std::string release;
  std::string ns;
  std::string fullname;
  std::string etcd;
  std::string minio;
  std::string pulsar;
  std::string pulsarv3;
  std::string chart;
  std::string app;
  std::string tag;
};

// The form's JSON with the names in place of its placeholders.
std::string FilledText(const ObjectForm& form, const Names& names);

// The manifest of a filled text.
// Errors: kInvalidArgument if the form's JSON is damaged.
Result<Json> Expand(const ObjectForm& form, const std::string& filled, const Names& names);

// Sorts objects of one kind as helm finds them: by the path of their template.
std::string TemplatePathOf(const ObjectForm& form, std::string_view name, const Names& names);

}  // namespace rehearse::charts
