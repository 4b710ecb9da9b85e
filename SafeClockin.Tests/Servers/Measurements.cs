using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace SafeClockin.Tests.Servers;

/// <summary>What the service measures from now on, as a collector gets it.</summary>
internal sealed class Measurements : IDisposable
{
    private readonly MeterListener _listener = new();
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly ConcurrentQueue<Instrument> _instruments = [];

    public Measurements(string meter)
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Meter.Name != meter)
                return;
            _instruments.Enqueue(instrument);
            listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument, value, tags));
        _listener.Start();
    }

    /// <summary>Each measurement as its name, its value, its unit and what it is tagged with, in order.</summary>
    public IReadOnlyCollection<string> Lines => _lines;

    /// <summary>The most that the histogram, of which there is one, tells apart.</summary>
    public T LargestBucket<T>()
        where T : struct
        => _instruments.OfType<Histogram<T>>().Single().Advice!.HistogramBucketBoundaries![^1];

    public void Dispose() => _listener.Dispose();

    private void Add(Instrument instrument, IConvertible value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        => _lines.Enqueue(string.Join(' ', [FormattableString.Invariant($"{instrument.Name} {value} {instrument.Unit}"), .. tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}")]));
}
