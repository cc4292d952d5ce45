/// One operation on the tape: who its inputs were, and how the gradient of its output becomes theirs.
final class Node: @unchecked Sendable {
  // Sendable: `parents` changes only in `deinit`, of this node or of one that held the last reference to it;
  // everything else is constant.
  enum Pullback: Sendable {
    case leaf
    /// One closure per parent, so that a parent nobody asked about costs nothing.
    case each([@Sendable (Tensor) -> Tensor])
    /// One parent, whose gradient so far the closure adds to: parts and rows of a tensor, which need not make the zeros
    /// around them.
    case adding(@Sendable (Tensor, inout Tensor?) -> Void)
    /// All parents at once: derivatives that share most of their work.
    case joint(@Sendable (Tensor) -> [Tensor])
  }

  let operation: Operation
  /// Longest way to a leaf: an order in which every node comes after its parents.
  let depth: Int
  let pullback: Pullback
  fileprivate(set) var parents: [Node]

  init(_ operation: Operation, parents: [Node], _ pullback: Pullback) {
    self.operation = operation
    self.parents = parents
    self.pullback = pullback
    depth = parents.reduce(0) { Swift.max($0, $1.depth + 1) }
  }

  /// Releases its ancestors one after another: left to itself the release recurses, and a few thousand operations in a
  /// row overflow the stack.
  deinit {
    var pending = parents
    parents.removeAll()
    while var node = pending.popLast() {
      if isKnownUniquelyReferenced(&node) {
        pending.append(contentsOf: node.parents)
        node.parents.removeAll()
      }
    }
  }
}

extension Tensor {
  /// Whether operations on this tensor are recorded, to be differentiated.
  public var isRecording: Bool { box.node != nil }

  /// The same value as the start of differentiation: what is computed from it is recorded.
  public func leaf() -> Tensor {
    guard dtype.isFloatingPoint else { dtypeMismatch("leaf", dtype) }
    return Tensor(box: TensorBox(box, node: Node(.leaf, parents: [], .leaf)))
  }

  /// The same value, cut off from the tape.
  public func detached() -> Tensor {
    isRecording ? Tensor(box: TensorBox(box, node: nil)) : self
  }

  /// ∂loss/∂x for each x of `respect`, in its shape and dtype; zeros for what the loss does not depend on.
  ///
  /// Reverse mode: one walk over the recorded operations, whatever their number. `loss` is a single number.
  public static func gradients(of loss: Tensor, with respect: [Tensor]) -> [Tensor] {
    guard loss.count == 1 else { shapeMismatch("gradients of a loss", loss.shape) }
    return gradients(of: loss, upstream: .ones(loss.shape, loss.dtype), with: respect)
  }

  /// The same, and tells of each gradient as soon as it is complete, while others are still to be computed.
  /// - Parameter whenReady: called with a position in `respect` and its gradient; not for what the loss does not depend on.
  package static func gradients(
    of loss: Tensor, with respect: [Tensor], whenReady: @escaping (Int, Tensor) -> Void
  ) -> [Tensor] {
    guard loss.count == 1 else { shapeMismatch("gradients of a loss", loss.shape) }
    var places: [ObjectIdentifier: Int] = [:]
    for (place, tensor) in respect.enumerated() {
      if let node = tensor.box.node { places[ObjectIdentifier(node)] = place }
    }
    let tape = Tape(loss.box.node, wanted: respect.compactMap(\.box.node))
    let gradients = tape.propagate(.ones(loss.shape, loss.dtype)) { node, gradient in
      if let place = places[node] { whenReady(place, gradient) }
    }
    return respect.map { tensor in
      tensor.box.node.flatMap { gradients[ObjectIdentifier($0)] } ?? .zeros(tensor.shape, tensor.dtype)
    }
  }

  /// The vector-Jacobian product: `upstream` is the gradient of some number with respect to `output`.
  package static func gradients(of output: Tensor, upstream: Tensor, with respect: [Tensor]) -> [Tensor] {
    guard upstream.shape == output.shape else { shapeMismatch("gradients", output.shape, upstream.shape) }
    let gradients = Tape(output.box.node, wanted: respect.compactMap(\.box.node)).propagate(upstream.detached())
    return respect.map { tensor in
      tensor.box.node.flatMap { gradients[ObjectIdentifier($0)] } ?? .zeros(tensor.shape, tensor.dtype)
    }
  }

  // MARK: For checkpointing

  var node: Node? { box.node }

  /// The leaves that this tensor was computed from.
  var leafNodes: [Node] {
    Tape(node, wanted: []).nodes.filter { node in
      if case .leaf = node.pullback { true } else { false }
    }
  }

  /// The same value at a new place of the tape, whose derivative gives all parents' gradients at once.
  func recorded(
    _ operation: Operation, parents: [Node], _ pullback: @escaping @Sendable (Tensor) -> [Tensor]
  ) -> Tensor {
    Tensor(box: TensorBox(box, node: Node(operation, parents: parents, .joint(pullback))))
  }

  /// The gradients of leaves that this tensor was computed from.
  func gradients(_ upstream: Tensor, ofNodes wanted: [Node]) -> [Tensor] {
    let gradients = Tape(node, wanted: wanted).propagate(upstream.detached())
    return wanted.map { node in
      guard let gradient = gradients[ObjectIdentifier(node)] else {
        shapeMismatch("a checkpointed block that computed something else the second time", shape)
      }
      return gradient
    }
  }

  /// The operations that this tensor was computed by, without repetition.
  package var recordedOperations: Set<Operation> {
    Set(Tape(box.node, wanted: []).nodes.map(\.operation))
  }
}

/// The nodes below one output, sorted so that each comes before its parents.
private struct Tape {
  private(set) var nodes: [Node] = []
  private let wanted: Set<ObjectIdentifier>
  /// Wanted nodes and all that were computed from them.
  private var needed: Set<ObjectIdentifier> = []

  init(_ root: Node?, wanted: [Node]) {
    self.wanted = Set(wanted.map { ObjectIdentifier($0) })
    guard let root else { return }
    var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
    var pending = [root]
    while let node = pending.popLast() {
      nodes.append(node)
      for parent in node.parents where seen.insert(ObjectIdentifier(parent)).inserted { pending.append(parent) }
    }
    // Walk and sort depend on the tape alone, not on addresses, so sums of gradients have one order.
    nodes.sort { $0.depth > $1.depth }
    for node in nodes.reversed() {
      let id = ObjectIdentifier(node)
      if self.wanted.contains(id) || node.parents.contains(where: { needed.contains(ObjectIdentifier($0)) }) {
        needed.insert(id)
      }
    }
  }

  /// The gradients of the wanted nodes.
  /// - Parameter whenReady: called for each of them when nothing is left to be added to it.
  func propagate(
    _ upstream: Tensor, whenReady: ((ObjectIdentifier, Tensor) -> Void)? = nil
  ) -> [ObjectIdentifier: Tensor] {
    guard let root = nodes.first else { return [:] }
    // How many sums each wanted node still waits for.
    var awaited: [ObjectIdentifier: Int] = [:]
    if whenReady != nil {
      for node in nodes where needed.contains(ObjectIdentifier(node)) {
        for parent in node.parents where wanted.contains(ObjectIdentifier(parent)) {
          awaited[ObjectIdentifier(parent), default: 0] += 1
        }
      }
    }
    func added(_ id: ObjectIdentifier, _ gradient: Tensor?) {
      guard let whenReady, let left = awaited[id] else { return }
      awaited[id] = left - 1
      if left == 1, let gradient { whenReady(id, gradient) }
    }
    var gradients = [ObjectIdentifier(root): upstream]
    for node in nodes {
      let id = ObjectIdentifier(node)
      guard needed.contains(id), let gradient = gradients[id] else { continue }
      if !wanted.contains(id) { gradients[id] = nil }
      switch node.pullback {
      case .leaf: break
      case .each(let derivatives):
        for (parent, derivative) in zip(node.parents, derivatives) where needed.contains(ObjectIdentifier(parent)) {
          let value = derivative(gradient)
          // Taken out, so that the sum has one owner.
          var sum = gradients.removeValue(forKey: ObjectIdentifier(parent))
          Tensor.accumulate(value, into: &sum)
          gradients[ObjectIdentifier(parent)] = sum
          added(ObjectIdentifier(parent), sum)
        }
      case .adding(let add):
        for parent in node.parents where needed.contains(ObjectIdentifier(parent)) {
          var sum = gradients.removeValue(forKey: ObjectIdentifier(parent))
          add(gradient, &sum)
          gradients[ObjectIdentifier(parent)] = sum
          added(ObjectIdentifier(parent), sum)
        }
      case .joint(let derivative):
        for (parent, value) in zip(node.parents, derivative(gradient)) {
          var sum = gradients.removeValue(forKey: ObjectIdentifier(parent))
          Tensor.accumulate(value, into: &sum)
          gradients[ObjectIdentifier(parent)] = sum
          added(ObjectIdentifier(parent), sum)
        }
      }
    }
    return gradients
  }
}
