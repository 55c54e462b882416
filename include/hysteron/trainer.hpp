#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <hysteron/batches.hpp>
#include <hysteron/compat.hpp>
#include <hysteron/evaluation.hpp>
#include <hysteron/journal.hpp>
#include <hysteron/model.hpp>
#include <hysteron/multistability.hpp>
#include <hysteron/optimization.hpp>
#include <hysteron/task.hpp>
#include <hysteron/unrolled.hpp>

namespace hysteron {

template <class Real>
class GradientDetaching;
template <class Real>
class OrthogonalPenalty;

struct TrainerOptions {
  std::int64_t updates = 0;  ///< gradient steps in all
  int batch = 32;
  std::vector<double> learning_rates = {};  ///< [replicas]
  AdamOptions adam = {};
  double orthogonal_penalty = 0;  ///< for a linear memory network: times |W_mm^T W_mm - I|^2, added to its loss
  double detach_probability = 0;  ///< that gradients do not flow back through a step's nonlinear part
                                  ///< (Detachment in recurrence.hpp); for LinearMemory
  std::optional<int> validation = std::nullopt;  ///< the last of the training sequences; none: validation_count(data)
  std::int64_t validate_every = 0;               ///< updates; 0: after each epoch
  std::int64_t vaa_every = 0;                    ///< updates; 0: never
  std::int64_t gradient_every = 0;    ///< updates between records of |dloss/ds_t|, the event "gradient"; 0: never
  std::int64_t checkpoint_every = 0;  ///< updates; 0: after each validation
  MeasureOptions measure = {};        ///< for the VAA
  Compat compat = Compat::fixed;      ///< for validation and test
};

/// How many of the last training sequences are used for validation: this share of them, rounded down; without a share,
/// the task's own validation set, or a fifth.
int validation_count(const TaskData& data, std::optional<double> share = std::nullopt);

/// The number of gradient steps in one pass over this many sequences.
std::int64_t updates_in_epoch(int sequences, int batch);

enum class TrainingEnd { finished, stopped };

/// Everything needed to go on, bit for bit, as if there had been no interruption; draws depend only on seeds and
/// counts.
template <class Real>
struct TrainerState : OptimizationState<Real> {
  std::vector<double> best_loss = {};          ///< [replicas]
  std::vector<std::int64_t> best_update = {};  ///< [replicas]
};

/// Draw, forward, backward, clip, step, validate, stop: for a population, each replica with its own batches. The
/// weights of the best validation loss are kept.
template <class Real>
class Trainer {
 public:
  using End = TrainingEnd;

  /// data, journal and model must outlive this. seeds: [replicas]. Throws a usage error when validation leaves nothing
  /// to train on.
  Trainer(Model<Real>& model, const TaskData& data, std::span<const std::uint64_t> seeds, TrainerOptions options,
          Journal& journal);

  /// Takes the model's present weights as those to start from. Call it once they are initialized.
  void start();
  /// Trains until all updates are done, every replica has failed, or stop_requested returns true after an update.
  /// checkpoint is called whenever the state is worth keeping, and before returning.
  End run(
      const std::function<bool()>& stop_requested = [] { return false; },
      const std::function<void()>& checkpoint = [] {});

  /// Puts each replica's best weights into the model.
  void take_best() { optimization_.take_best(); }
  /// Evaluates the model as it is, with the same averaging as validation.
  Evaluation evaluated_on(const Sequences& sequences);

  TrainerState<Real> state();
  void restore(const TrainerState<Real>& state);

  const Sequences& validation() const { return valid_; }

  std::int64_t update() const { return optimization_.update(); }
  const std::vector<double>& train_loss() const { return optimization_.train_loss(); }  ///< between validations
  const std::vector<double>& best_loss() const { return best_loss_; }  ///< of the validations; infinite without one
  const std::vector<std::int64_t>& best_update() const { return best_update_; }
  const std::vector<std::optional<Failure>>& failures() const { return optimization_.failures(); }

 private:
  void one_update();
  void validate();
  void measure_vaa();
  void record_gradient();
  Batch<Real> next_batch();
  Averaging averaging() const { return {options_.compat, options_.batch}; }

  Model<Real>* model_;
  Operations<Real>* operations_;
  const TaskData* data_;
  std::vector<std::uint64_t> seeds_;
  TrainerOptions options_;
  Journal* journal_;
  Sequences train_, valid_;
  std::int64_t epoch_updates_;
  Batches<Real> batches_;
  Unrolled<Real> unrolled_;
  Optimization<Real> optimization_;
  std::shared_ptr<OrthogonalPenalty<Real>> penalty_;    // null: there is none
  std::shared_ptr<GradientDetaching<Real>> detaching_;  // likewise
  Tensor<std::uint64_t> drawn_from_;                    // [replicas]: the seeds
  Tensor<int> orders_;                                  // [replicas, train count]: of the present epoch

  std::int64_t shuffled_epoch_ = -1;
  std::vector<double> best_loss_;
  std::vector<std::int64_t> best_update_;
};

extern template class Trainer<float>;
extern template class Trainer<double>;

}  // namespace hysteron
