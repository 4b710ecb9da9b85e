using System.ComponentModel.DataAnnotations;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc.ModelBinding.Metadata;

namespace SafeClockin.Api.Envelopes;

/// <summary>What validation attributes say when they refuse a field, unless they have words of their own.</summary>
internal sealed class FieldMetadata : IDisplayMetadataProvider, IValidationMetadataProvider
{
    public void CreateDisplayMetadata(DisplayMetadataProviderContext context)
    {
        if (context.Key.Name is null)
            return;
        var name = JsonNamingPolicy.CamelCase.ConvertName(context.Key.Name);
        context.DisplayMetadata.DisplayName = () => name; // asked for with every validation
    }

    public void CreateValidationMetadata(ValidationMetadataProviderContext context)
    {
        foreach (var attribute in context.ValidationMetadata.ValidatorMetadata.OfType<ValidationAttribute>())
        {
            if (attribute.ErrorMessage is not { } words || Ascii.IsValid(words)) // the framework's own, in English
                attribute.ErrorMessage = attribute is RequiredAttribute ? Failure.FieldMissing("{0}") : Failure.FieldInvalid("{0}");
        }
    }
}
