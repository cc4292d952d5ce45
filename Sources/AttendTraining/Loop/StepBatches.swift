import AttendBase

/// What one process does for one update: its passes, and what it needs to know of the others'.
struct StepBatch<Batch: Sendable>: Sendable {
  /// This process's passes; the number of each counts those of all processes. A pass without examples is left out.
  var passes: [(number: Int, batch: Batch, predictions: Int)]
  /// Predictions of all passes of all processes.
  var predictions: Int
  /// Where the data stand after this update.
  var position: DataPosition
}

/// Makes the batches of one update after the other, ahead of their use, on a thread of its own.
struct StepBatches<Task: LearningTask> {
  private let prefetcher: Prefetcher<StepBatch<Task.Batch>>

  /// - Parameters:
  ///   - sampler: of batches for all passes of all processes.
  ///   - passes: per update and process.
  init(
    _ task: Task, _ data: Task.Data, _ sampler: BatchSampler, passes: Int, rank: Int, processes: Int
  ) throws(AttendError) {
    prefetcher = try Prefetcher(sampler) { sampler in
      let parts = sampler.parts(of: sampler.next(), passes * processes)
      var step = StepBatch<Task.Batch>(passes: [], predictions: 0, position: sampler.position)
      for (number, part) in parts.enumerated() where !part.isEmpty {
        // Every process knows all parts, so nobody needs to ask how many predictions there are.
        let batch = task.batch(part.map { data[$0] })
        let predictions = task.predictions(batch)
        step.predictions += predictions
        if (rank * passes..<(rank + 1) * passes).contains(number) { step.passes.append((number, batch, predictions)) }
      }
      return step
    }
  }

  func next() -> StepBatch<Task.Batch> { prefetcher.next() }
}
