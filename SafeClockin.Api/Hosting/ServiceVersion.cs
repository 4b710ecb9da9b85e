using System.Reflection;

namespace SafeClockin.Api.Hosting;

/// <summary>Which version this is, as Directory.Build.props says.</summary>
internal static class ServiceVersion
{
    /// <summary>Like <c>1.0.0</c>.</summary>
    public static string Current { get; } =
        typeof(ServiceVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
}
