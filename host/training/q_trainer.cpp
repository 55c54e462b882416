#include <algorithm>
#include <cmath>

#include <hysteron/q_trainer.hpp>
#include <hysteron/random.hpp>

#include "foundation/statistics.hpp"
#include "training/training_loop.hpp"

namespace hysteron {

template <class Real>
PolicyEvaluation evaluate_policy(Model<Real>& model, const Environment& environment) {
  const std::size_t replicas = model.replicas(), starts = environment.starts();
  std::vector<int> from;
  for (std::size_t n = 0; n < replicas * starts; ++n) from.push_back(static_cast<int>(n % starts));
  Rollouts<Real> rollouts(model, environment, environment.starts());
  const std::vector<Episode> episodes =
      rollouts.play(from, [](int, int, std::span<const Real> values) { return greedy_action(values); });
  PolicyEvaluation evaluation{std::vector<double>(replicas), std::vector<double>(replicas),
                              std::vector<unsigned char>(replicas, 1)};
  for (std::size_t n = 0; n < episodes.size(); ++n) {
    const std::size_t r = n / starts;
    const double discounted = episodes[n].sum_of_rewards(environment.discount()),
                 best = environment.best_discounted_return(from[n]);
    evaluation.returns[r] += episodes[n].sum_of_rewards(1) / static_cast<double>(starts);
    evaluation.discounted_returns[r] += discounted / static_cast<double>(starts);
    constexpr double rounding = 1e-9;  // in a sum of a few thousand rewards
    if (discounted < best - rounding * (1 + std::abs(best))) evaluation.optimal[r] = 0;
  }
  return evaluation;
}

template PolicyEvaluation evaluate_policy(Model<float>&, const Environment&);
template PolicyEvaluation evaluate_policy(Model<double>&, const Environment&);

template <class Real>
QTrainer<Real>::QTrainer(Model<Real>& model, const Environment& environment, std::span<const std::uint64_t> seeds,
                         QTrainerOptions options, Journal& journal)
    : model_(&model),
      operations_(&operations_of<Real>(model.backend())),
      environment_(&environment),
      seeds_(seeds.begin(), seeds.end()),
      options_(std::move(options)),
      journal_(&journal),
      replay_(std::make_unique<Replay>(environment, model.replicas(), options_.replay)),
      target_(model.backend(), model.shape(), model.replicas()),
      unrolled_(model, {environment.horizon(), options_.batch}, 1, Keep::trajectory),
      target_unrolled_(target_, {replay_->steps(), options_.batch}, 1, Keep::states),
      playing_(model, environment, 1),
      optimization_(model, options_.learning_rates, options_.adam, journal),
      inputs_(model.backend(),
              {model.replicas(), std::ptrdiff_t(replay_->steps()) * options_.batch, replay_->input_size()}),
      indices_(model.backend(), {model.replicas(), options_.batch}),
      before_(model.backend(), {model.replicas(), options_.batch}),
      after_(model.backend(), {model.replicas(), options_.batch}),
      records_(seeds.size()) {
  explore(*replay_, environment, seeds_);
  upload_replay();
}

template <class Real>
void QTrainer<Real>::start() {
  optimization_.keep();
  target_.parameters().block().copy_from(model_->parameters().block());
}

template <class Real>
void QTrainer<Real>::upload_replay() {
  const std::vector<float>& inputs = replay_->inputs();
  stored_ = Tensor<Real>(model_->backend(), {static_cast<std::ptrdiff_t>(inputs.size())});
  stored_.from_host(std::vector<Real>(inputs.begin(), inputs.end()));
}

template <class Real>
void QTrainer<Real>::remember(int replica, const Episode& episode) {
  const int place = replay_->add(replica, episode);
  const std::vector<float>& inputs = replay_->inputs();
  if (inputs.size() != stored_.size()) return upload_replay();
  const std::ptrdiff_t size = std::ptrdiff_t(replay_->steps()) * replay_->input_size(), at = place * size;
  const std::vector<Real> fresh(inputs.begin() + at, inputs.begin() + at + size);
  model_->backend().copy_in(stored_.data() + at, fresh.data(), fresh.size() * sizeof(Real));
}

// All replicas play an episode, side by side. Now and then a replica takes an action of the exploring policy, otherwise
// the best one that its network knows. It draws from its own stream, however many steps the others take.
template <class Real>
void QTrainer<Real>::play_episodes() {
  std::vector<Random> random;
  std::vector<int> starts;
  for (const std::uint64_t seed : seeds_) {
    random.emplace_back(seed, Stream::play, static_cast<std::uint64_t>(episode_));
    starts.push_back(static_cast<int>(random.back().below(environment_->starts())));
  }
  const std::vector<Episode> episodes = playing_.play(starts, [&](int replica, int, std::span<const Real> values) {
    Random& own = random[replica];
    const bool explores = own.uniform() < options_.epsilon;
    return explores ? exploring_action(*environment_, own.uniform()) : greedy_action(values);
  });
  for (std::size_t r = 0; r < episodes.size(); ++r) remember(static_cast<int>(r), episodes[r]);
}

// Runs the same sequences twice: the network reads what was seen before the action, the target network what was seen
// after it.
template <class Real>
void QTrainer<Real>::one_update() {
  const std::size_t batch = options_.batch, actions = environment_->actions();
  std::vector<Replay::Transition> drawn;
  std::vector<int> stored, before, after;
  for (std::size_t r = 0; r < seeds_.size(); ++r) {
    Random random(seeds_[r], Stream::replay, static_cast<std::uint64_t>(update()));
    const int replica = static_cast<int>(r);
    for (std::size_t b = 0; b < batch; ++b) {
      drawn.push_back(replay_->transition(replica, static_cast<int>(random.below(replay_->count(replica)))));
      stored.push_back(drawn.back().stored);
      before.push_back(drawn.back().step + 1);
      after.push_back(drawn.back().step + 2);
    }
  }
  indices_.from_host(stored);
  before_.from_host(before);
  after_.from_host(after);
  const View<Real> inputs =
      inputs_.view(model_->replicas(), std::ptrdiff_t(replay_->steps()) * options_.batch, replay_->input_size());
  operations_->gather(GatherRun<Real>{.sequences = stored_.data(),
                                      .stored_steps = replay_->steps(),
                                      .features = replay_->input_size(),
                                      .indices = indices_.data(),
                                      .indices_replica = options_.batch,
                                      .batch = options_.batch,
                                      .steps = replay_->steps(),
                                      .gathered = inputs});
  target_unrolled_.forward(inputs, {replay_->steps(), options_.batch}, after_.data());
  const std::ptrdiff_t rows = std::ptrdiff_t(environment_->horizon()) * options_.batch;
  operations_->clear(model_->parameters().gradients());
  unrolled_.forward(inputs.rows_from(0, rows), {environment_->horizon(), options_.batch}, before_.data());
  unrolled_.clear_gradients();

  std::vector<Real> values(drawn.size() * actions), next(values.size()), gradient(values.size());
  const std::size_t bytes = values.size() * sizeof(Real);
  model_->backend().copy_out(next.data(), target_unrolled_.outputs().first, bytes);
  model_->backend().copy_out(values.data(), unrolled_.outputs().first, bytes);
  std::vector<double> loss(seeds_.size());
  for (std::size_t n = 0; n < drawn.size(); ++n) {
    const std::size_t taken = n * actions + drawn[n].action;
    const Real best = *std::max_element(next.begin() + static_cast<std::ptrdiff_t>(n * actions),
                                        next.begin() + static_cast<std::ptrdiff_t>((n + 1) * actions));
    const double target = drawn[n].reward + (drawn[n].ended ? 0 : environment_->discount() * double(best));
    const double error = double(values[taken]) - target;
    loss[n / batch] += error * error / double(batch);
    gradient[taken] = static_cast<Real>(2 * error / double(batch));
  }
  model_->backend().copy_in(unrolled_.output_gradient().first, gradient.data(), bytes);
  unrolled_.backward(Unrolled<Real>::Readout::used);
  optimization_.losses().from_host(loss);
  optimization_.step(unrolled_);
}

template <class Real>
void QTrainer<Real>::evaluate() {
  PolicyEvaluation found = evaluate_policy(*model_, *environment_);
  optimization_.finish_mean();
  for (std::size_t r = 0; r < seeds_.size(); ++r) {
    PolicyRecord& record = records_[r];
    if (failures()[r]) {
      found.returns[r] = found.discounted_returns[r] = std::numeric_limits<double>::quiet_NaN();
      found.optimal[r] = 0;
    }
    record.last_return = found.returns[r];
    if (!found.optimal[r]) {
      record.optimal_episode = -1;
    } else {
      if (record.first_optimal_episode < 0) record.first_optimal_episode = episode_;
      if (record.optimal_episode < 0) record.optimal_episode = episode_;
    }
    if (!(found.discounted_returns[r] >= record.best_discounted_return)) continue;
    record.best_discounted_return = found.discounted_returns[r];
    record.best_return = found.returns[r];
    record.best_episode = episode_;
    optimization_.keep(r);
  }
  journal_->event("evaluated", {{"episode", episode_},
                                {"episodes", options_.episodes},
                                {"update", update()},
                                {"train_loss", train_loss()},
                                {"return", found.returns},
                                {"discounted_return", found.discounted_returns},
                                {"optimal", std::vector<int>(found.optimal.begin(), found.optimal.end())}});
}

template <class Real>
void QTrainer<Real>::measure_vaa() {
  const Multistability measured = measure_multistability(*model_, replay_->histories(), seeds_, options_.measure);
  journal_->event(
      "measured",
      {{"episode", episode_}, {"update", update()}, {"vaa", measured.vaa}, {"vaa_star", measured.vaa_star}});
}

template <class Real>
typename QTrainer<Real>::End QTrainer<Real>::run(const std::function<bool()>& stop_requested,
                                                 const std::function<void()>& checkpoint) {
  const auto round = [&] {
    if (options_.target_every > 0 && episode_ % options_.target_every == 0)
      target_.parameters().block().copy_from(model_->parameters().block());
    play_episodes();
    for (int n = 0; n < options_.updates_per_episode && !optimization_.every_replica_failed(); ++n) one_update();
    ++episode_;
  };
  const auto progress = [&] {
    std::vector<double> returns;
    for (const PolicyRecord& record : records_) returns.push_back(record.last_return);
    journal_->progress("training", episode_, options_.episodes, median(returns), "return");
  };
  return run_training({.rounds = options_.episodes,
                       .evaluate_every = options_.evaluate_every,
                       .vaa_every = options_.vaa_every,
                       .checkpoint_every = options_.checkpoint_every},
                      {.done = [&] { return episode_; },
                       .every_replica_failed = [&] { return optimization_.every_replica_failed(); },
                       .round = round,
                       .evaluate = [&] { evaluate(); },
                       .measure_vaa = [&] { measure_vaa(); },
                       .tell_progress = progress},
                      stop_requested, checkpoint);
}

template <class Real>
QTrainerState<Real> QTrainer<Real>::state() {
  QTrainerState<Real> state{optimization_.state(), episode_, records_, target_.parameters().block().to_host(), {}};
  for (int replica = 0; replica < model_->replicas(); ++replica) state.episodes.push_back(replay_->episodes(replica));
  return state;
}

template <class Real>
void QTrainer<Real>::restore(const QTrainerState<Real>& state) {
  optimization_.restore(state);
  episode_ = state.episode;
  records_ = state.records;
  target_.parameters().block().from_host(state.target);
  replay_ = std::make_unique<Replay>(*environment_, model_->replicas(), options_.replay);
  for (int replica = 0; replica < model_->replicas(); ++replica)
    for (const Episode& episode : state.episodes[replica]) replay_->add(replica, episode);
  upload_replay();
}

template class QTrainer<float>;
template class QTrainer<double>;

}  // namespace hysteron
