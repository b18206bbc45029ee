defmodule Hello.Server do
  @moduledoc "As little of HTTP as a page needs, with what comes with Erlang."
  use Task, restart: :permanent

  def start_link(port), do: Task.start_link(fn -> listen(port) end)

  defp listen(port) do
    options = [:binary, packet: :http_bin, active: false, reuseaddr: true]
    {:ok, listener} = :gen_tcp.listen(port, options)
    accept(listener)
  end

  defp accept(listener) do
    {:ok, visitor} = :gen_tcp.accept(listener)
    {:ok, task} = Task.Supervisor.start_child(Hello.Visits, fn -> answer(visitor) end)
    :gen_tcp.controlling_process(visitor, task)
    accept(listener)
  end

  defp answer(visitor) do
    case :gen_tcp.recv(visitor, 0, 5_000) do
      {:ok, :http_eoh} -> :gen_tcp.send(visitor, page())
      {:ok, _line} -> answer(visitor)
      {:error, _reason} -> :ok
    end

    :gen_tcp.close(visitor)
  end

  defp page do
    body = "Hello from Slipway, says Elixir #{System.version()}.\n"

    "HTTP/1.1 200 OK\r\ncontent-type: text/plain; charset=utf-8\r\n" <>
      "content-length: #{byte_size(body)}\r\nconnection: close\r\n\r\n#{body}"
  end
end
