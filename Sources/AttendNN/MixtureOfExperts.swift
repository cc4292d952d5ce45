import AttendTensor

/// Feed-forwards of which a router chooses a few for each token: Σ w_e · expert_e(x) over the experts of the highest
/// probability, w = softmax(router(x)). Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024, arXiv:2401.04088.
public struct MixtureOfExperts: Sendable {
  /// What checkpoints call the parts.
  public struct Names: Sendable {
    /// The router among the parts, and the parts of an expert in `experts.{}`.
    public var router: String
    public var expert: GatedFeedForward.Names

    public init(router: String = "gate", expert: GatedFeedForward.Names = GatedFeedForward.Names()) {
      self.router = router
      self.expert = expert
    }
  }

  let router: Linear
  let experts: [GatedFeedForward]
  let chosenCount: Int
  let normalizes: Bool
  /// An expert for every token, σ(gate(x)) · expert(x).
  let shared: (gate: Linear, expert: GatedFeedForward)?

  /// - Parameters:
  ///   - scope: holds the router and `experts`; `shared_expert` and `shared_expert_gate` where there is a shared one.
  ///   - chosen: experts for each token, at most `experts`.
  ///   - normalizes: whether the weights of the chosen experts are made to add up to 1.
  ///   - sharedIntermediate: nil for a mixture without a shared expert.
  public init(
    _ scope: WeightScope, width: Int, intermediate: Int, experts count: Int, chosen: Int, normalizes: Bool,
    sharedIntermediate: Int? = nil, activation: Activation, names: Names = Names(),
    initializer: Initializer = .xavierUniform, outputInitializer: Initializer? = nil
  ) {
    precondition((1...count).contains(chosen), "a token goes to 1 expert up to all of them")
    router = Linear(scope[names.router], from: width, to: count, bias: false, initializer: initializer)
    func expert(_ scope: WeightScope, _ intermediate: Int, _ names: GatedFeedForward.Names) -> GatedFeedForward {
      GatedFeedForward(
        scope, width: width, intermediate: intermediate, activation: activation, names: names,
        initializer: initializer, outputInitializer: outputInitializer)
    }
    experts = (0..<count).map { expert(scope["experts"][$0], intermediate, names.expert) }
    chosenCount = chosen
    self.normalizes = normalizes
    shared = sharedIntermediate.map {
      (
        Linear(scope["shared_expert_gate"], from: width, to: 1, bias: false, initializer: initializer),
        expert(scope["shared_expert"], $0, GatedFeedForward.Names())
      )
    }
  }

  /// - Parameters:
  ///   - x: `[tokens, width]`.
  ///   - residual: `[tokens, width]`, added to the result.
  public func callAsFunction(_ x: Tensor, addingTo residual: Tensor? = nil, phase: Phase = .prompt) -> Tensor {
    let tokens = x.shape[0]
    guard tokens > 0 else { return residual ?? x }
    let probabilities = router(x, phase: phase).softmax()
    let chosen = choose(probabilities)
    var weights = probabilities.takeAlong(chosen.tensor, axis: -1)
    if normalizes { weights = weights / weights.sum(axes: [-1], keepingDimensions: true) }

    // Each expert takes its tokens at once; the results lie expert by expert.
    var rows = [[Int32]](repeating: [], count: experts.count)
    for token in 0..<tokens {
      for expert in chosen[token] { rows[expert].append(Int32(token)) }
    }
    var places = [Int](repeating: 0, count: experts.count)
    for expert in 1..<experts.count { places[expert] = places[expert - 1] + rows[expert - 1].count }
    let results = Tensor.concatenated(
      rows.indices.filter { !rows[$0].isEmpty }.map { expert in
        let ids = Tensor(rows[expert], shape: [rows[expert].count])
        return experts[expert](x.gather(rows: ids), phase: phase)
      }, axis: 0)

    // A token's sum goes in the order of its experts' numbers, whatever else is in the batch.
    var slots = [[Int32]](repeating: [], count: chosenCount)
    for token in 0..<tokens {
      for (slot, expert) in chosen[token].enumerated() {
        slots[slot].append(Int32(places[expert]))
        places[expert] += 1
      }
    }
    var sum = residual
    for (slot, ids) in slots.enumerated() {
      let part = results.gather(rows: Tensor(ids, shape: [tokens])) * weights.sliced(axis: 1, slot..<slot + 1)
      sum = sum.map { $0 + part } ?? part
    }
    if let shared {
      let part = shared.expert(x, phase: phase) * shared.gate(x, phase: phase).sigmoid()
      sum = sum.map { $0 + part } ?? part
    }
    return sum ?? x
  }

  /// The experts of each token, in the order of their numbers.
  private struct Choice {
    let experts: [Int]
    let count: Int

    subscript(token: Int) -> ArraySlice<Int> { experts[token * count..<(token + 1) * count] }

    var tensor: Tensor { Tensor(experts.map(Int32.init), shape: [experts.count / count, count]) }
  }

  private func choose(_ probabilities: Tensor) -> Choice {
    let values = probabilities.scalars(Float.self)
    let width = experts.count
    var chosen: [Int] = []
    chosen.reserveCapacity(values.count / width * chosenCount)
    for start in stride(from: 0, to: values.count, by: width) {
      var best: [Int] = []
      for _ in 0..<chosenCount {
        // Of equal ones the first. Numbers that are none beat nothing, but there is always one.
        var top: Int?
        for expert in 0..<width where !best.contains(expert) {
          guard let leader = top, !(values[start + expert] > values[start + leader]) else {
            top = expert
            continue
          }
        }
        if let top { best.append(top) }
      }
      chosen += best.sorted()
    }
    return Choice(experts: chosen, count: chosenCount)
  }
}
