import AttendBase
import AttendTensor

/// The open hypotheses of many searches at once: each step of the model computes one row for each of them. Rows do not
/// depend on each other, so neither do the searches.
struct BeamFrontier<Model: BeamModel> {
  private let model: Model
  private(set) var requests: [BeamRequest]
  /// Searches that are not done.
  private var active: [Int]
  /// Of the active searches' open hypotheses, in order.
  private var states: [Model.State]
  private var scratch: [Float]

  /// - Parameter states: one for each request.
  init(_ model: Model, _ requests: [BeamRequest], _ states: [Model.State]) {
    self.model = model
    self.requests = requests
    self.states = states
    active = Array(requests.indices)
    scratch = [Float](repeating: 0, count: model.vocabularySize)
  }

  var isDone: Bool { active.isEmpty }

  /// Takes one step with all searches that are not done.
  /// - Throws: `not-a-number`, `unsupported` where no token may come, what the model throws.
  mutating func step() throws {
    let logits = try model.step(active.flatMap { requests[$0].open.map(\.tokens.last) }, &states)
    // Which row each new hypothesis continues.
    var parents: [Int] = []
    try logits.withFloats { rows in
      var row = 0
      for index in active {
        var continuations: [BeamRequest.Continuation] = []
        for hypothesis in requests[index].open.indices {
          let place = row + hypothesis
          let values = UnsafeBufferPointer(start: rows + place * scratch.count, count: scratch.count)
          let allowed = try model.allowed(&states[place])
          continuations += try best(values, allowed, of: requests[index], hypothesis)
        }
        let first = row
        row += requests[index].open.count
        let followed = requests[index].advance(continuations)
        if !requests[index].isDone { parents += followed.map { first + $0 } }
      }
    }
    active.removeAll { requests[$0].isDone }
    // A state whose only heir it is changes hands; the others are shared until written.
    if parents != Array(states.indices) { states = parents.map { states[$0] } }
  }

  /// The most probable continuations of one hypothesis.
  private mutating func best(
    _ logits: UnsafeBufferPointer<Float>, _ allowed: TokenSet?, of request: BeamRequest, _ index: Int
  ) throws(AttendError) -> [BeamRequest.Continuation] {
    let hypothesis = request.open[index]
    let step = hypothesis.tokens.count
    guard Selection.notFiniteCount(logits) == 0, let top = Selection.argmax(logits) else {
      throw AttendError(
        .notANumber, "step \(step): the model's logits are not numbers",
        hint: "the weights may be damaged; if not, try the precision exact")
    }
    let maximum = logits[top]
    let (sum, wanted) = scratch.withUnsafeMutableBufferPointer { scratch -> (Double, [Int]) in
      guard let start = scratch.baseAddress else { return (1, []) }
      Selection.exponentials(of: logits, below: maximum, temperature: 1, into: start)
      let sum = Selection.sum(UnsafeBufferPointer(scratch))
      guard let allowed else { return (sum, Selection.largest(request.looked, of: logits)) }
      _ = scratch.update(fromContentsOf: logits)
      allowed.ruleOutOthers(in: scratch)
      let wanted = Selection.largest(request.looked, of: UnsafeBufferPointer(scratch))
      return (sum, wanted.filter { scratch[$0].isFinite })
    }
    guard !wanted.isEmpty else {
      throw AttendError(
        .unsupported, "step \(step): no token of the vocabulary goes on as the constraint asks",
        hint: "does it ask for characters that the model cannot write?")
    }
    let normalizer = Double(maximum) + logarithm(sum)
    return wanted.map { token in
      BeamRequest.Continuation(
        hypothesis: index, token: Int32(token),
        logProbability: hypothesis.logProbability + Double(logits[token]) - normalizer)
    }
  }
}
