defmodule Hello.MixProject do
  use Mix.Project

  def project do
    [app: :hello, version: "1.0.0", elixir: "~> 1.14", start_permanent: Mix.env() == :prod]
  end

  def application do
    [mod: {Hello.Application, []}, extra_applications: [:logger]]
  end
end
