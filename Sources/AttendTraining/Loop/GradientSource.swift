import AttendBase
import AttendNN
import AttendTensor

/// The gradient of one update: of all passes, over all processes.
final class GradientSource {
  private let exchange: GradientExchange?

  init(_ parameters: Parameters, _ collective: any Collective) throws(AttendError) {
    exchange = collective.count > 1 ? try GradientExchange(parameters, over: collective) : nil
  }

  /// - Parameter passes: each computes its share of the loss from the model.
  /// - Returns: this process's part of the loss, and the gradient of the whole.
  func gradients<Model>(
    _ learner: Learner<Model>, _ passes: [(Model) throws -> Tensor]
  ) throws -> (loss: Double, gradients: Parameters) {
    var loss = 0.0
    var sum = Parameters()
    for (index, pass) in passes.enumerated() {
      let isLast = index == passes.count - 1
      // Gradients leave for the other processes as soon as the last pass has made them.
      let ready: ((String, Tensor) -> Void)? = exchange.flatMap { exchange in
        guard isLast else { return nil }
        return { [sum] name, gradient in exchange.add(name, sum[name].map { $0 + gradient } ?? gradient) }
      }
      let (value, gradients) = try learner.gradients(whenReady: ready, pass)
      loss += value
      if exchange == nil || !isLast { sum.add(gradients) }
    }
    guard let exchange else { return (loss, sum) }
    return (loss, try exchange.finish(learner.parameters.trainableNames))
  }
}
