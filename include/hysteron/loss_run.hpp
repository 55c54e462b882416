#pragma once
#include <hysteron/batches.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

/// The loss of a batch's read-out. An absent gradient or a null accuracy is not computed.
template <class Real>
LossRun<Real> loss_run(LossKind kind, const Batch<Real>& batch, Unrolled<Real>& unrolled, View<Real> gradient,
                       double* loss, double* accuracy) {
  return {.kind = kind,
          .steps = unrolled.read_steps(),
          .batch = batch.extent.batch,
          .first_step = batch.extent.steps - unrolled.read_steps(),
          .outputs = unrolled.outputs(),
          .targets = batch.targets,
          .labels = batch.labels,
          .label_steps = batch.label_steps,
          // The last state is that of each sequence's own last step: it always counts.
          .lengths = unrolled.read_steps() == 1 ? nullptr : batch.lengths,
          .gradient = gradient,
          .loss = loss,
          .accuracy = accuracy};
}

}  // namespace hysteron
