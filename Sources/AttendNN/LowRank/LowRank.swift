import AttendTensor

/// Low-rank adaptation: W + alpha/rank · B·A, with W frozen, A `[rank, inputs]` and B `[outputs, rank]`.
/// Hu et al. 2022, arXiv:2106.09685.
///
/// The factors of a weight `x.weight` are named `x.lora_A.weight` and `x.lora_B.weight`.
public struct LowRank: Sendable, Hashable {
  public var rank: Int
  public var alpha: Float
  /// Patterns of layer names; `*` stands for anything. A pattern without a dot means the last component: `q_proj` matches
  /// `model.layers.0.self_attn.q_proj`.
  public var targets: [String]

  public init(rank: Int, alpha: Float, targets: [String]) {
    precondition(rank > 0, "a rank is positive")
    self.rank = rank
    self.alpha = alpha
    self.targets = targets
  }

  var scale: Float { alpha / Float(rank) }

  /// Whether the layer of this full name is adapted.
  public func matches(layer name: String) -> Bool {
    let last = name.split(separator: ".").last ?? ""
    return targets.contains { pattern in
      Self.matches(Array(pattern.utf8)[...], pattern.contains(".") ? Array(name.utf8)[...] : Array(last.utf8)[...])
    }
  }

  /// Glob matching; remembers the last star, so the time is at most pattern × name.
  private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
    var (p, n) = (pattern.startIndex, name.startIndex)
    var retry: (pattern: Int, name: Int)?
    while n < name.endIndex {
      if p < pattern.endIndex, pattern[p] == UInt8(ascii: "*") {
        retry = (p + 1, n)
        p += 1
      } else if p < pattern.endIndex, pattern[p] == name[n] {
        (p, n) = (p + 1, n + 1)
      } else if let last = retry {
        (p, n) = (last.pattern, last.name + 1)
        retry = (last.pattern, n)
      } else {
        return false
      }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
  }
}

/// A `LowRank` at work: where its factors come from while a model is built, and which weights it met.
struct Adaptation {
  /// Which layers are adapted; nil for those that `stored` names.
  private let lowRank: LowRank?
  /// Finished factors by the full name of a weight.
  private let stored: [String: LowRankPart.Factors]
  /// The factors known, or those drawn so far.
  private(set) var parameters: Parameters
  /// Draws factors that are not there; nil when all must be.
  private let seed: UInt64?
  /// The adapted weights' full names and layouts, in order.
  private(set) var adapted: [(name: String, layout: WeightScope.MatrixLayout)] = []

  init(_ lowRank: LowRank, drawing seed: UInt64) {
    self.lowRank = lowRank
    parameters = Parameters()
    self.seed = seed
    stored = [:]
  }

  init(_ lowRank: LowRank, _ parameters: Parameters) {
    self.lowRank = lowRank
    self.parameters = parameters
    seed = nil
    stored = [:]
  }

  /// Additions that were learned elsewhere.
  init(stored: [String: LowRankPart.Factors]) {
    lowRank = nil
    parameters = Parameters()
    seed = nil
    self.stored = stored
  }

  /// Names of weights with finished factors that no layer asked for.
  var unmet: [String] {
    let met = Set(adapted.map(\.name))
    return stored.keys.filter { !met.contains($0) }.sorted()
  }

  struct Found {
    var factors: LowRankPart.Factors?
    var names: [String] = []
    var missing: [String] = []
    var misshaped: [(name: String, shape: [Int], expected: [Int])] = []
  }

  func matches(_ weight: String) -> Bool {
    guard let lowRank else { return stored[weight] != nil }
    return Self.layer(weight).map(lowRank.matches(layer:)) ?? false
  }

  /// The factors of a weight; nil when it is not adapted.
  mutating func factors(
    _ weight: String, outputs: Int, inputs: Int, _ layout: WeightScope.MatrixLayout
  ) -> Found? {
    guard let lowRank else { return storedFactors(weight, outputs: outputs, inputs: inputs, layout) }
    guard let layer = Self.layer(weight), lowRank.matches(layer: layer) else { return nil }
    note(weight, layout)
    var found = Found()
    // A as PEFT draws it, B zero: at first the addition is nothing.
    let down = factor(
      "\(layer).lora_A.weight", [lowRank.rank, inputs], .uniform(1 / Float(max(inputs, 1)).squareRoot()), &found)
    let up = factor("\(layer).lora_B.weight", [outputs, lowRank.rank], .zeros, &found)
    if let down, let up { found.factors = LowRankPart.Factors(down: down, up: up, scale: lowRank.scale) }
    return found
  }

  private mutating func note(_ weight: String, _ layout: WeightScope.MatrixLayout) {
    if !adapted.contains(where: { $0.name == weight }) { adapted.append((weight, layout)) }
  }

  private mutating func storedFactors(
    _ weight: String, outputs: Int, inputs: Int, _ layout: WeightScope.MatrixLayout
  ) -> Found? {
    guard let factors = stored[weight] else { return nil }
    note(weight, layout)
    var found = Found()
    for (tensor, expected, part) in [
      (factors.down, [factors.down.shape[0], inputs], "A"), (factors.up, [outputs, factors.up.shape[1]], "B"),
    ] where Array(tensor.shape) != expected {
      found.misshaped.append(("the adapter's \(part) of \(weight)", Array(tensor.shape), expected))
    }
    if found.misshaped.isEmpty { found.factors = factors }
    return found
  }

  private mutating func factor(
    _ name: String, _ shape: [Int], _ initializer: Initializer, _ found: inout Found
  ) -> Tensor? {
    found.names.append(name)
    if parameters[name] == nil, let seed {
      parameters[name] = initializer.tensor(shape, name: name, seed: seed)
    }
    guard let tensor = parameters[name] else {
      found.missing.append(name)
      return nil
    }
    if Array(tensor.shape) != shape {
      found.misshaped.append((name, Array(tensor.shape), shape))
      return nil
    }
    return tensor
  }

  private static func layer(_ weight: String) -> String? {
    weight.hasSuffix(".weight") ? String(weight.dropLast(7)) : nil
  }
}
