import AttendBase
import AttendTensor

/// What a scope's sub-scopes share while one model is built: the source, the names asked for, the problems met.
final class WeightBuilder {
  enum Source {
    case stored(any WeightSource)
    case fresh(seed: UInt64)
    case given(Parameters)
    /// What an earlier build from a stored source made, packed already.
    case kept(KeptWeights)
  }

  let precision: Precision
  /// Everything drawn so far (fresh scopes).
  private(set) var parameters = Parameters()
  private let source: Source
  private(set) var statistics: Set<String> = []
  /// Everything that was made of a stored source, when the building is to be repeated.
  private(set) var kept: KeptWeights?
  /// The low-rank additions met, and where their factors come from.
  private(set) var adaptation: Adaptation?
  private var asked: Set<String> = []
  private var missing: [String] = []
  private var misshaped: [String] = []
  private var failure: (any Error)?

  init(_ source: Source, precision: Precision, adaptation: Adaptation? = nil, keeps: Bool = false) {
    self.source = source
    self.precision = precision
    self.adaptation = adaptation
    kept = keeps ? KeptWeights() : nil
  }

  func contains(_ name: String) -> Bool {
    switch source {
    case .stored(let source): (try? source.weight(name)) != nil
    case .fresh: false
    case .given(let parameters): parameters[name] != nil
    case .kept(let kept): kept.names.contains(name)
    }
  }

  func tensor(
    _ name: String, shape: [Int], initializer: Initializer, isTransposed: Bool = false
  ) -> Tensor {
    asked.insert(name)
    switch source {
    case .fresh(let seed):
      if let known = parameters[name] { return known }
      let drawn = initializer.tensor(shape, name: name, seed: seed, isTransposed: isTransposed)
      parameters[name] = drawn
      return drawn
    case .given(let parameters):
      if let tensor = parameters[name], check(name, Array(tensor.shape), expected: shape) {
        return tensor
      }
    case .stored:
      if let weight = stored(name, shape: shape) {
        let tensor = weight.tensor
        kept?.tensors[name] = tensor
        return tensor
      }
    case .kept(let kept):
      if let tensor = kept.tensors[name] { return tensor }
    }
    if case .given(let parameters) = source, parameters[name] == nil { missing.append(name) }
    return Self.placeholder(shape)
  }

  func statistic(_ name: String, shape: [Int], initializer: Initializer) -> Tensor {
    statistics.insert(name)
    let tensor = tensor(name, shape: shape, initializer: initializer)
    parameters.freeze { $0 == name }
    return tensor
  }

  func optionalTensor(_ name: String, shape: [Int]) -> Tensor? {
    contains(name) ? tensor(name, shape: shape, initializer: .zeros) : nil
  }

  func matrix(
    _ parts: [(name: String, outputs: Int)], inputs: Int, layout: WeightScope.MatrixLayout,
    initializer: Initializer
  ) -> Matrix {
    let base = base(parts, inputs: inputs, layout: layout, initializer: initializer)
    let additions = parts.map {
      LowRankPart(outputs: $0.outputs, factors: factors($0.name, $0.outputs, inputs, layout))
    }
    return additions.contains { $0.factors != nil } ? Matrix(base: base, adding: additions) : base
  }

  private func base(
    _ parts: [(name: String, outputs: Int)], inputs: Int, layout: WeightScope.MatrixLayout,
    initializer: Initializer
  ) -> Matrix {
    let key = parts.map(\.name).joined(separator: "+")
    switch source {
    case .kept(let kept):
      asked.formUnion(parts.map(\.name))
      return kept.matrices[key] ?? Matrix(Self.placeholder([parts.reduce(0) { $0 + $1.outputs }, inputs]))
    case .stored:
      let sources = parts.compactMap { part in
        storedMatrix(part.name, outputs: part.outputs, inputs: inputs, layout)
      }
      if sources.count == parts.count, failure == nil {
        do {
          let matrix = try Matrix(
            packing: sources, precision: precision, name: Self.profileName(parts.map(\.name)))
          kept?.matrices[key] = matrix
          return matrix
        } catch { failure = error }
      }
      return Matrix(Self.placeholder([parts.reduce(0) { $0 + $1.outputs }, inputs]))
    case .fresh, .given:
      let matrices = parts.map { part in
        Matrix(dense(part.name, outputs: part.outputs, inputs: inputs, layout, initializer), precision: precision)
      }
      return matrices.count == 1 ? matrices[0] : Matrix(stacking: matrices)
    }
  }

  func gatedMatrix(
    _ gate: String, _ up: String, outputs: Int, inputs: Int, initializer: Initializer
  ) -> Matrix {
    // A stored pair is packed for one product, unless one half has additions of its own.
    let isAdapted = [gate, up].contains { adaptation?.matches($0) == true }
    switch source {
    case .kept(let kept) where !isAdapted:
      asked.formUnion([gate, up])
      return kept.matrices["\(gate)*\(up)"] ?? Matrix(Self.placeholder([outputs, inputs]))
    case .stored where !isAdapted:
      let layout = WeightScope.MatrixLayout.outputsByInputs
      let gateSource = storedMatrix(gate, outputs: outputs, inputs: inputs, layout)
      let upSource = storedMatrix(up, outputs: outputs, inputs: inputs, layout)
      if let gateSource, let upSource, failure == nil {
        do {
          let matrix = try Matrix(
            packingGate: gateSource, up: upSource, precision: precision, name: Self.profileName([gate, up]))
          kept?.matrices["\(gate)*\(up)"] = matrix
          return matrix
        } catch { failure = error }
      }
      return Matrix(Self.placeholder([outputs, inputs]))
    default:
      let halves = [gate, up].map {
        matrix([($0, outputs)], inputs: inputs, layout: .outputsByInputs, initializer: initializer)
      }
      return Matrix(gate: halves[0], up: halves[1])
    }
  }

  /// A gate and an up matrix that are stored as one: the gate's rows, then as many of up.
  func gatedMatrix(_ name: String, outputs: Int, inputs: Int, initializer: Initializer) -> Matrix {
    if adaptation?.matches(name) == true { return adaptedGatedMatrix(name, outputs: outputs, inputs: inputs) }
    switch source {
    case .kept(let kept):
      asked.insert(name)
      return kept.matrices["*\(name)"] ?? Matrix(Self.placeholder([outputs, inputs]))
    case .stored:
      if let both = storedMatrix(name, outputs: 2 * outputs, inputs: inputs, .outputsByInputs), failure == nil {
        do {
          let matrix = try Matrix(
            packingGate: both.reordered(Array(0..<outputs)), up: both.reordered(Array(outputs..<2 * outputs)),
            precision: precision, name: Self.profileName([name]))
          kept?.matrices["*\(name)"] = matrix
          return matrix
        } catch { failure = error }
      }
      return Matrix(Self.placeholder([outputs, inputs]))
    case .fresh, .given:
      let both = dense(name, outputs: 2 * outputs, inputs: inputs, .outputsByInputs, initializer)
      return Matrix(
        gate: Matrix(both.sliced(axis: 0, 0..<outputs), precision: precision),
        up: Matrix(both.sliced(axis: 0, outputs..<2 * outputs), precision: precision))
    }
  }

  /// The same with a low-rank addition, whose rows are the gate's and up's as well.
  private func adaptedGatedMatrix(_ name: String, outputs: Int, inputs: Int) -> Matrix {
    let nothing = Matrix(Self.placeholder([outputs, inputs]))
    guard case .stored = source, let both = storedMatrix(name, outputs: 2 * outputs, inputs: inputs, .outputsByInputs)
    else {
      failure =
        failure
        ?? AttendError(
          .unsupported, "\(name) holds a gate and what it gates, whose addition cannot be trained",
          hint: "adapt other weights")
      return nothing
    }
    let addition = factors(name, 2 * outputs, inputs, .outputsByInputs)
    do {
      let halves = try [0..<outputs, outputs..<2 * outputs].map { rows in
        let base = try Matrix(
          packing: [both.reordered(Array(rows))], precision: precision, name: Self.profileName([name]))
        guard let addition else { return base }
        let part = LowRankPart.Factors(
          down: addition.down, up: addition.up.sliced(axis: 0, rows), scale: addition.scale)
        return Matrix(base: base, adding: [LowRankPart(outputs: outputs, factors: part)])
      }
      return Matrix(gate: halves[0], up: halves[1])
    } catch {
      failure = failure ?? error
      return nothing
    }
  }

  /// The low-rank addition to a weight, when it matches.
  private func factors(
    _ name: String, _ outputs: Int, _ inputs: Int, _ layout: WeightScope.MatrixLayout
  ) -> LowRankPart.Factors? {
    guard let expected = adaptation?.factors(name, outputs: outputs, inputs: inputs, layout) else { return nil }
    asked.formUnion(expected.names)
    missing.append(contentsOf: expected.missing)
    for (name, shape, wanted) in expected.misshaped { _ = check(name, shape, expected: wanted) }
    return expected.factors
  }

  /// Throws what went wrong while the model asked for its parameters.
  func finish(names: [String], origin: String, ignoring: Set<String>) throws {
    if let failure { throw failure }
    let unexpected = names.filter { !asked.contains($0) && !ignoring.contains($0) }
    guard missing.isEmpty, misshaped.isEmpty, unexpected.isEmpty else {
      throw AttendError(
        .parameterMismatch,
        "\(origin) does not fit the model: "
          + [
            Self.list("missing", missing), Self.list("of another shape", misshaped),
            Self.list("unexpected", unexpected),
          ].compactMap { $0 }.joined(separator: "; "),
        hint: "check that the weights belong to this configuration")
    }
  }

  // MARK: Parts

  /// What a profile calls the weights of all layers that have these places:
  /// `model.layers.3.self_attn.q_proj.weight` and `…k_proj.weight` are `self_attn.q_proj+k_proj`.
  static func profileName(_ names: [String]) -> String {
    let paths = names.map { name in
      name.split(separator: ".").filter { $0 != "weight" && !$0.allSatisfy(\.isNumber) }
    }
    let last = paths.compactMap(\.last).joined(separator: "+")
    guard let parent = paths.first?.dropLast().last else { return last }
    return "\(parent).\(last)"
  }

  /// Stands in for a parameter that is wrong or missing until `finish` says so. It takes no memory: a hostile
  /// configuration may ask for anything.
  private static func placeholder(_ shape: [Int]) -> Tensor {
    Tensor.zeros(Shape(shape.map { _ in 1 })).expanded(to: Shape(shape))
  }

  private func dense(
    _ name: String, outputs: Int, inputs: Int, _ layout: WeightScope.MatrixLayout,
    _ initializer: Initializer
  ) -> Tensor {
    switch layout {
    case .outputsByInputs: tensor(name, shape: [outputs, inputs], initializer: initializer)
    case .inputsByOutputs:
      tensor(name, shape: [inputs, outputs], initializer: initializer, isTransposed: true).transposed(0, 1)
    }
  }

  private func storedMatrix(
    _ name: String, outputs: Int, inputs: Int, _ layout: WeightScope.MatrixLayout
  ) -> MatrixSource? {
    let shape = layout == .outputsByInputs ? [outputs, inputs] : [inputs, outputs]
    asked.insert(name)
    guard let weight = stored(name, shape: shape) else { return nil }
    return weight.isTransposed == (layout == .inputsByOutputs)
      ? weight.source : weight.source.transposed()
  }

  private func stored(_ name: String, shape: [Int]) -> StoredWeight? {
    guard case .stored(let source) = source, failure == nil else { return nil }
    do {
      guard let weight = try source.weight(name) else {
        missing.append(name)
        return nil
      }
      return check(name, weight.shape, expected: shape) ? weight : nil
    } catch {
      failure = error
      return nil
    }
  }

  private func check(_ name: String, _ shape: [Int], expected: [Int]) -> Bool {
    if shape != expected { misshaped.append("\(name) \(shape), expected \(expected)") }
    return shape == expected
  }

  /// At most twelve full names; a wrong configuration can disagree with every one of thousands.
  private static func list(_ kind: String, _ names: [String]) -> String? {
    guard !names.isEmpty else { return nil }
    let shown = names.prefix(12).joined(separator: ", ")
    return "\(kind): \(shown)" + (names.count > 12 ? " and \(names.count - 12) more" : "")
  }
}
