// How an operation says what its derivative is. Each `record` returns `output` as it is when no input is being
// differentiated: derivatives are autoclosures, so that not even their captures cost anything then. Otherwise it keeps
// the derivatives of the inputs that are recording, one closure each.
//
// A derivative gets the gradient of the output (`upstream`, in the output's shape and dtype) and detached inputs, and
// returns the gradient of its input. Those after `from:` do not look at the inputs, which then need not be kept; what
// they do need they name in their capture list, detached.

package typealias Pullback = @Sendable (Tensor) -> Tensor

extension Tensor {
  /// One input: `record(.silu, backend.silu(self), self) { upstream, x in … }`.
  package func record(
    _ operation: Operation, _ output: Tensor, _ x: Tensor,
    _ derivative: @autoclosure () -> @Sendable (Tensor, Tensor) -> Tensor
  ) -> Tensor {
    guard let node = x.box.node else { return output }
    let derivative = derivative()
    let x = x.detached()
    return output.recorded(Node(operation, parents: [node], .each([{ derivative($0, x) }])))
  }

  /// One input whose value the derivative does not need.
  package func record(
    _ operation: Operation, _ output: Tensor, from x: Tensor, _ derivative: @autoclosure () -> Pullback
  ) -> Tensor {
    guard let node = x.box.node else { return output }
    return output.recorded(Node(operation, parents: [node], .each([derivative()])))
  }

  /// One input whose gradient the derivative adds to: it gets the gradient so far, nil before the first term.
  package func record(
    _ operation: Operation, _ output: Tensor, from x: Tensor,
    adding derivative: @autoclosure () -> @Sendable (Tensor, inout Tensor?) -> Void
  ) -> Tensor {
    guard let node = x.box.node else { return output }
    return output.recorded(Node(operation, parents: [node], .adding(derivative())))
  }

  /// Two inputs, one derivative for each.
  package func record(
    _ operation: Operation, _ output: Tensor, _ x: Tensor, _ y: Tensor,
    _ derivativeX: @autoclosure () -> @Sendable (Tensor, Tensor, Tensor) -> Tensor,
    _ derivativeY: @autoclosure () -> @Sendable (Tensor, Tensor, Tensor) -> Tensor
  ) -> Tensor {
    guard x.isRecording || y.isRecording else { return output }
    var parents: [Node] = []
    var derivatives: [Pullback] = []
    let (detachedX, detachedY) = (x.detached(), y.detached())
    if let node = x.box.node {
      let derivative = derivativeX()
      parents.append(node)
      derivatives.append { derivative($0, detachedX, detachedY) }
    }
    if let node = y.box.node {
      let derivative = derivativeY()
      parents.append(node)
      derivatives.append { derivative($0, detachedX, detachedY) }
    }
    return output.recorded(Node(operation, parents: parents, .each(derivatives)))
  }

  /// Two inputs whose values the derivatives do not need, or name themselves.
  package func record(
    _ operation: Operation, _ output: Tensor, from x: Tensor, _ y: Tensor,
    _ derivativeX: @autoclosure () -> Pullback, _ derivativeY: @autoclosure () -> Pullback
  ) -> Tensor {
    guard x.isRecording || y.isRecording else { return output }
    var parents: [Node] = []
    var derivatives: [Pullback] = []
    if let node = x.box.node {
      parents.append(node)
      derivatives.append(derivativeX())
    }
    if let node = y.box.node {
      parents.append(node)
      derivatives.append(derivativeY())
    }
    return output.recorded(Node(operation, parents: parents, .each(derivatives)))
  }

  /// Any number of inputs; `derivative(upstream, i)` is the gradient of input `i`.
  package static func record(
    _ operation: Operation, _ output: Tensor, from inputs: [Tensor],
    _ derivative: @autoclosure () -> @Sendable (Tensor, Int) -> Tensor
  ) -> Tensor {
    guard inputs.contains(where: \.isRecording) else { return output }
    let derivative = derivative()
    var parents: [Node] = []
    var derivatives: [Pullback] = []
    for (index, input) in inputs.enumerated() {
      guard let node = input.box.node else { continue }
      parents.append(node)
      derivatives.append { derivative($0, index) }
    }
    return output.recorded(Node(operation, parents: parents, .each(derivatives)))
  }

  /// Any number of inputs and one derivative for all: gets `upstream` and the detached inputs, and returns one gradient
  /// per input. Those of inputs that are not recording are dropped and may be anything.
  package static func recordJointly(
    _ operation: Operation, _ output: Tensor, _ inputs: [Tensor],
    _ derivative: @autoclosure () -> @Sendable (Tensor, [Tensor]) -> [Tensor]
  ) -> Tensor {
    let recording = inputs.indices.filter { inputs[$0].isRecording }
    guard !recording.isEmpty else { return output }
    let derivative = derivative()
    let detached = inputs.map { $0.detached() }
    let node = Node(
      operation, parents: recording.compactMap { inputs[$0].box.node },
      .joint { upstream in
        let gradients = derivative(upstream, detached)
        return recording.map { gradients[$0] }
      })
    return output.recorded(node)
  }

  /// A fused operation whose derivative is that of its specification: in the backward pass `composition` is computed
  /// again from the inputs and differentiated.
  package static func recordRecomputing(
    _ operation: Operation, _ output: Tensor, _ inputs: [Tensor],
    _ composition: @autoclosure () -> @Sendable ([Tensor]) -> Tensor
  ) -> Tensor {
    guard inputs.contains(where: \.isRecording) else { return output }
    let composition = composition()
    let recording = inputs.map(\.isRecording)
    return recordJointly(operation, output, inputs) { upstream, inputs in
      let leaves = zip(inputs, recording).map { $1 ? $0.leaf() : $0 }
      return gradients(of: composition(leaves), upstream: upstream, with: leaves)
    }
  }

  private func recorded(_ node: Node) -> Tensor { Tensor(box: TensorBox(box, node: node)) }
}
